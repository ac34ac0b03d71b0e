// The library in somebody else's project: nothing of our configuration is needed.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../support/program.ts";
import { makeProject, tryProject, withFolder } from "./project.ts";

const LIBRARY = join(ROOT, "lib/mod.ts");

Deno.test("a program that has no configuration imports the library by its path, and runs", () =>
  withFolder(async (folder) => {
    await makeProject(folder, LIBRARY);
    // Its types are those of the next one, and to check them takes long.
    await tryProject(folder, { check: false });
  }));

Deno.test("so does one with a deno.json and a package.json of its own, whatever names that gives to modules, and its types are right", () =>
  withFolder(async (folder) => {
    const imports = Object.fromEntries(
      ["path", "fs", "cli", "ulid", "jsonc", "fmt/"].map((name) => [`@std/${name}`, `./none-such/${name}`]),
    );
    // Beside it, Deno would look for packages only among those that npm has installed.
    await Deno.writeTextFile(join(folder, "package.json"), '{"type": "module"}');
    const config = { imports, nodeModulesDir: "none", compilerOptions: { strict: true } };
    await makeProject(folder, LIBRARY, config);
    await tryProject(folder);
  }));

Deno.test("the library can be published: all of its public API has types that need no inference", async () => {
  // `deno task check` has checked the types.
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  const told = new TextDecoder().decode(stderr);
  assertEquals(code, 0, told);
  assertStringIncludes(told, "/lib/mod.ts");
  assertEquals(told.includes("/tests/"), false, "tests stay here");
});
