import { assert, assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { leaveGroup, loadGroup, openGroup, saveGroup } from "../../../lib/identity/group.ts";
import { JoinCodeError, newJoinCode, parseJoinCode } from "../../../lib/identity/join_code.ts";
import { ExitCode, UserError } from "../../../lib/platform/user_error.ts";
import { withFolder } from "./folder.ts";

const CODE = newJoinCode("lab", new Uint8Array(16).fill(3));
const file = (folder: string) => join(folder, "join-code");

Deno.test("an open group has a name and no keys", () => {
  assertEquals(openGroup("earshot"), { name: "earshot" });
  for (const name of ["", "Earshot", "a.b", "x".repeat(33), "a\n"]) {
    assertEquals(assertThrows(() => openGroup(name), UserError).exitCode, ExitCode.usage);
  }
});

Deno.test("a group that was joined is there at the next start, until it is left", () =>
  withFolder((folder) => {
    const state = join(folder, "state");
    assertEquals(loadGroup(state), undefined);
    assertFalse(leaveGroup(state));
    assertEquals(saveGroup(state, ` ${CODE.toUpperCase()} `), parseJoinCode(CODE));
    assertEquals(loadGroup(state), parseJoinCode(CODE));
    const other = newJoinCode("den", new Uint8Array(16));
    saveGroup(state, other);
    assertEquals(loadGroup(state)?.name, "den");
    assert(leaveGroup(state));
    assertEquals(loadGroup(state), undefined);
    assertFalse(leaveGroup(state));
  }));

Deno.test({
  name: "a join code on disk is its owner's alone",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder((folder) => {
      const state = join(folder, "state");
      saveGroup(state, CODE);
      assertEquals(Deno.statSync(state).mode! & 0o777, 0o700);
      assertEquals(Deno.statSync(file(state)).mode! & 0o777, 0o600);
      Deno.chmodSync(file(state), 0o644);
      const warnings: string[] = [];
      loadGroup(state, (message) => warnings.push(message));
      assertEquals(Deno.statSync(file(state)).mode! & 0o777, 0o600);
      assertEquals(warnings.length, 1);
      assertMatch(warnings[0]!, /join-code was open to other users/);
      Deno.chmodSync(file(state), 0o644);
      assertEquals(loadGroup(state)?.name, "lab");
    }),
});

Deno.test("a bad join code joins nothing and harms nothing", () =>
  withFolder((folder) => {
    saveGroup(folder, CODE);
    assertThrows(() => saveGroup(folder, "lab.abc"), JoinCodeError);
    assertEquals(loadGroup(folder)?.code, CODE);
  }));

Deno.test("a damaged group file never turns a closed peer into an open one", () =>
  withFolder((folder) => {
    for (const text of ["", "lab", CODE.slice(0, -1), "\0".repeat(CODE.length)]) {
      Deno.writeTextFileSync(file(folder), text, { mode: 0o600 });
      const error = assertThrows(() => loadGroup(folder), UserError, "join-code is damaged");
      assertFalse(Deno.inspect(error).includes(CODE.slice(4, 20)));
    }
    assert(leaveGroup(folder));
    assertEquals(loadGroup(folder), undefined);
  }));

Deno.test("a group file that cannot be read, written or removed is reported", () =>
  withFolder((folder) => {
    Deno.mkdirSync(file(folder));
    Deno.writeTextFileSync(join(file(folder), "content"), "");
    assertThrows(() => loadGroup(folder), UserError, "cannot be read");
    assertThrows(() => saveGroup(folder, CODE), UserError, "you have not joined");
    assertThrows(() => leaveGroup(folder), UserError, "cannot be removed");
  }));
