import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { expandPath, homeFolder, type Places, profilePaths } from "../../../lib/platform/paths.ts";
import { UserError } from "../../../lib/platform/user_error.ts";

function places(env: Record<string, string>, account?: string, os: Places["os"] = "linux"): Places {
  return { os, env: (name) => env[name] || undefined, accountHome: () => account };
}

Deno.test("the home is HOME, or that of the account where HOME is missing or no absolute path", () => {
  assertEquals(homeFolder(places({ HOME: "/home/ann" }, "/root")), "/home/ann");
  for (const HOME of ["", "ann", "./ann", "~", "../ann"]) {
    assertEquals(homeFolder(places({ HOME }, "/root")), "/root", HOME);
    assertEquals(homeFolder(places({ HOME })), undefined, HOME);
  }
  assertEquals(homeFolder(places({ HOME: "x" }, "relative")), undefined);
  assertEquals(homeFolder(places({ USERPROFILE: "C:\\Users\\ann" }, undefined, "windows")), "C:\\Users\\ann");
  assertEquals(homeFolder(places({ USERPROFILE: "ann" }, "D:\\ann", "windows")), "D:\\ann");
});

Deno.test("state and inbox are never in the current folder by accident", () => {
  const of = (env: Record<string, string>, account?: string, os?: Places["os"]) => {
    const { state, inbox } = profilePaths(undefined, places(env, account, os));
    return [state, inbox];
  };
  const usual = ["/home/ann/.local/state/earshot", "/home/ann/earshot-inbox"];
  assertEquals(of({ HOME: "/home/ann" }), usual);
  assertEquals(of({}, "/home/ann"), usual);
  assertEquals(of({ HOME: "ann", XDG_STATE_HOME: "state" }, "/home/ann"), usual);
  assertEquals(of({ HOME: "/home/ann", XDG_STATE_HOME: "~/state" }), usual);
  assertEquals(of({ HOME: "/home/ann", XDG_STATE_HOME: "/var/s" }), ["/var/s/earshot", usual[1]]);
  assertEquals(of({ HOME: "/home/ann", EARSHOT_STATE: "~/e" }), ["/home/ann/e", usual[1]]);
  assertEquals(of({ EARSHOT_STATE: "/var/lib/e" }), ["/var/lib/e", "/var/lib/e/inbox"]);
  for (const os of ["linux", "darwin", "windows"] as const) {
    const error = assertThrows(
      () => of({ HOME: "x", USERPROFILE: "x", LOCALAPPDATA: "x" }, undefined, os),
      UserError,
    );
    assertEquals(error.exitCode, 2);
    assertMatch(error.message, /no home folder.* set EARSHOT_STATE /);
  }
});

Deno.test("a path that is written down may begin with ~ for the home, and has no variables", () => {
  const at = places({ HOME: "/home/ann" });
  assertEquals(expandPath("--state", "~", at), "/home/ann");
  assertEquals(expandPath("--state", "~/x/~y", at), "/home/ann/x/~y");
  for (const path of ["/x", "x/~", "./~x", "a$", "cost$5"]) {
    assertEquals(expandPath("--state", path, at), path);
  }
  for (const path of ["$HOME/x", "${HOME}/x", "/data/$USER", "~/$X"]) {
    assertMatch(
      assertThrows(() => expandPath("--state", path, at), UserError).message,
      /has the variable \$/,
    );
  }
  assertMatch(
    assertThrows(() => expandPath("--state", "~bob/x", at), UserError).message,
    /another user's home/,
  );
  assertMatch(
    assertThrows(() => expandPath("--state", "~/x", places({})), UserError).message,
    /EARSHOT_STATE/,
  );
  const windows = places({ USERPROFILE: "C:\\Users\\ann" }, undefined, "windows");
  assertThrows(() => expandPath("--state", "%APPDATA%\\x", windows), UserError, "%APPDATA%");
});
