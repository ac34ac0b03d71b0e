import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("the program's lock has no package that only tests load: each is downloaded with it and compiled into it", () => {
  const [program, tests] = ["deno.lock", "tests/deno.lock"].map((name) =>
    JSON.parse(Deno.readTextFileSync(join(ROOT, name))).npm as Record<string, unknown>
  );
  const extra = Object.keys(tests!).filter((name) => !(name in program!));
  assertEquals(extra.map((name) => name.replace(/@[\d.]+$/, "")), ["axe-core", "playwright-core"]);
  for (const [name, locked] of Object.entries(program!)) assertEquals(tests![name], locked, name);
});
