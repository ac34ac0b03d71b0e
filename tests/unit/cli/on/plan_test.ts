import { assert, assertEquals, assertThrows } from "@std/assert";
import { COMMANDS } from "../../../../lib/cli/commands.ts";
import type { Context } from "../../../../lib/cli/command.ts";
import { globPattern, type Plan, planOf } from "../../../../lib/cli/on/plan.ts";
import { parseCommandLine } from "../../../../lib/config/command_line.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";
import type { KnownPeer } from "../../../../lib/storage/types.ts";

const BOB = { id: "b".repeat(24), name: "bob" };
const OTHER = { id: "c".repeat(24), name: "Bob" };

function plan(...args: string[]): Plan {
  const { command, args: words, values } = parseCommandLine(["on", ...args], COMMANDS);
  return planOf({ config: { ...values, command, args: words } } as unknown as Context);
}

Deno.test("a glob takes *, ? and sets, and everything else as it is", () => {
  const cases: [glob: string, fits: string[], others: string[]][] = [
    ["*.json", ["a.json", ".json", "a\nb.json"], ["ajson", "a.JSON", "a.json.txt"]],
    ["reading-?.json", ["reading-1.json", "reading-😀.json"], ["reading-.json", "reading-12.json"]],
    ["[ab]*", ["a", "bx"], ["c", ""]],
    ["[!ab]*", ["c"], ["a", ""]],
    ["[a-c].txt", ["b.txt"], ["d.txt", "-.txt"]],
    ["a+(b)|^$.{2}\\d", ["a+(b)|^$.{2}\\d"], ["aab", "a+(b)|^$.{2}1"]],
    ["[x", ["[x"], ["x"]],
    ["[]]", ["]"], ["["]],
    ["[\\d]", ["\\", "d"], ["1"]],
  ];
  for (const [glob, fits, others] of cases) {
    for (const name of fits) assert(globPattern(glob).test(name), `${glob} takes ${name}`);
    for (const name of others) assert(!globPattern(glob).test(name), `${glob} does not take ${name}`);
  }
  assertThrows(() => globPattern("[z-a]"), UserError, 'invalid pattern "[z-a]"');
});

Deno.test("a glob of many stars ends soon on a name that does not fit", () => {
  const began = performance.now();
  assert(!globPattern("*a*a*a*b").test("a".repeat(128)));
  assert(performance.now() - began < 5_000);
});

Deno.test("a name that is bound to a key means that key, any other name whoever uses it, an id the id", () => {
  const known = (how: KnownPeer["how"]): KnownPeer[] => [{ ...BOB, how, since: 0 }];
  const { isFrom } = plan("document", "--from", "BOB", "--", "cat");
  assert(isFrom(BOB, []) && isFrom(OTHER, []));
  assert(isFrom(BOB, known("trusted")) && !isFrom(OTHER, known("trusted")));
  assert(isFrom(OTHER, known("blocked")));
  assert(isFrom({ name: "bob", plain: true }, []) && !isFrom({ name: "bob", plain: true }, known("sent")));
  assert(plan("chat", "--from", OTHER.id, "--", "cat").isFrom(OTHER, []));
  assert(!plan("chat", "--from", OTHER.id.slice(0, 6), "--", "cat").isFrom(BOB, []));
  assert(plan("chat", "--", "cat").isFrom({ name: "plain-1", plain: true }, []));
});

Deno.test("the place has the label as its name, or one made of event, filters and program", () => {
  const line = ["document", "--from", "bob", "--", "store", "-x", "--all"];
  const { cursor, argv } = plan(...line);
  assertEquals(argv, ["store", "-x", "--all"]);
  assertEquals(plan("--parallel", "4", "--retries", "9", ...line).cursor, cursor);
  const others = [
    ["chat", "--from", "bob", "--", "store", "-x", "--all"],
    ["document", "--", "store", "-x", "--all"],
    ["document", "--from", "bob", "--", "store", "-x --all"],
    ["document", "--stream", "bob", "--", "store", "-x", "--all"],
  ].map((other) => plan(...other).cursor);
  assertEquals(new Set([cursor, ...others]).size, 5);
  assertEquals(plan("chat", "--as", "mine", "--", "cat").cursor, "mine");
});
