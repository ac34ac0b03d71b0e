import { assertEquals } from "@std/assert";
import { posix } from "node:path";
import { basename, dirname, join, relative, resolve } from "../../../lib/platform/std_path.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const STEPS = ["", "a", "b.c", ".", "..", "...", "ä ö", "/", "//", "a/b", "../x"];

/** An import map may put the original of `@std/path` in its place, which differs in rare paths. */
const module = "../../../lib/platform/std_path.ts";
const isOurs = import.meta.resolve(module) === new URL(module, import.meta.url).href;

Deno.test("paths are joined, resolved and cut as the system's own functions do", {
  ignore: Deno.build.os === "windows" || !isOurs,
}, () => {
  const random = new SeededRandom();
  const some = (most: number) => Array.from({ length: random.u32() % (most + 1) }, () => random.pick(STEPS));
  for (let i = 0; i < 5_000; i++) {
    const parts = some(4);
    const path = some(5).join(random.pick(["/", ""]));
    const message = JSON.stringify([parts, path]);
    assertEquals(join("", ...parts), posix.join(...parts), message);
    assertEquals(resolve(...parts), posix.resolve(...parts), message);
    assertEquals(dirname(path), posix.dirname(path), message);
    assertEquals(basename(path), posix.basename(path), message);
    assertEquals(relative(join("", ...parts), path), posix.relative(posix.join(...parts), path), message);
  }
});
