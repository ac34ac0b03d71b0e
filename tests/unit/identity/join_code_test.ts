import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { newJoinCode, parseJoinCode } from "../../../lib/identity/join_code.ts";
import { isNodeId, shortId } from "../../../lib/identity/node_id.ts";
import { ExitCode, UserError } from "../../../lib/platform/user_error.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const SECRET = new Uint8Array(16).fill(0xa5);

Deno.test("every secret and name makes a join code that leads back to the group", () => {
  const random = new SeededRandom();
  for (let i = 0; i < 200; i++) {
    const name = Array.from({ length: 1 + i % 32 }, () => random.pick([..."abcxyz0189-"])).join("");
    const code = newJoinCode(name, random.bytes(16));
    const group = parseJoinCode(code);
    assertEquals([group.name, group.code], [name, code]);
    assertEquals([group.announceKey.length, group.sessionKey.length], [32, 32]);
  }
});

Deno.test("a join code typed in upper case, with space around it, is understood", () => {
  const code = newJoinCode("lab", SECRET);
  assertEquals(parseJoinCode(` ${code.toUpperCase()}\n`).code, code);
});

Deno.test("only ASCII letters count as upper case: a look-alike is no way into a group", () => {
  const code = newJoinCode("kit", SECRET);
  assertThrows(() => parseJoinCode(code.replace("k", "\u212a")), UserError, "group name");
});

Deno.test("a group cannot get a name that a join code could not carry", () => {
  for (const name of ["", "Lab", "la b", "lab.", "läb", "l".repeat(33)]) {
    const error = assertThrows(() => newJoinCode(name, SECRET), UserError, "A group cannot be called");
    assertEquals(error.exitCode, ExitCode.usage);
  }
});

Deno.test("a join code is never made from too short a secret", () => {
  for (const length of [0, 15, 17]) {
    assertThrows(() => newJoinCode("lab", new Uint8Array(length)), RangeError);
  }
});

Deno.test("the secrets of a group do not show when it is printed", () => {
  const group = parseJoinCode(newJoinCode("lab", SECRET));
  for (const text of [Deno.inspect(group), Deno.inspect({ group }), JSON.stringify({ group })]) {
    assert(text.includes("lab"));
    assertFalse(text.includes(group.code), text);
    assertFalse(/Key/.test(text), text);
  }
});

Deno.test("an id is 24 letters and digits of base32, of which people see 6", () => {
  const id = "mboz3s4cpdwum3xixxzs6az6";
  assert(isNodeId(id));
  assertEquals(shortId(id), "mboz3s");
  for (const text of ["", id.slice(1), id + "a", id.toUpperCase(), id.replace("m", "1"), `${id}\n`]) {
    assertFalse(isNodeId(text));
  }
});
