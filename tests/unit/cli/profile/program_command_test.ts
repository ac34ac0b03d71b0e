import { assert, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { programCommand, RUNTIME_OPTIONS } from "../../../../lib/cli/profile/program_command.ts";
import { programCommand as tested, ROOT } from "../../../support/program.ts";

Deno.test("however the program is started, the runtime gets the same options", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const script = Deno.readTextFileSync(join(ROOT, "tests/support/npm/earshot.js"));
  for (const option of RUNTIME_OPTIONS) {
    assert(programCommand().includes(option));
    assert(Deno.env.has("EARSHOT_PROGRAM") || tested().includes(option));
    assert(tasks.start.split(" ").includes(option));
    assertStringIncludes(script, `"${option}"`);
  }
});
