import { assertEquals, assertNotEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { theme, useColors } from "../../../../lib/cli/terminal/theme.ts";

const CLI = fromFileUrl(new URL("../../../../lib/cli/", import.meta.url));

Deno.test("colours come from the theme only", () => {
  const others: string[] = [];
  const look = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      if (isDirectory) look(path);
      else if (name !== "theme.ts" && /std_colors|\\x1b\[[0-9;]*m`/.test(Deno.readTextFileSync(path))) {
        others.push(path);
      }
    }
  };
  look(CLI);
  assertEquals(others, []);
});

Deno.test("a peer's name has the same colour at all times, and not everybody the same", () => {
  useColors(true);
  try {
    const [one, again, other] = [
      "aaaaaaaaaaaaaaaaaaaaaaaa",
      "aaaaaaaaaaaaaaaaaaaaaaaa",
      "baaaaaaaaaaaaaaaaaaaaaab",
    ]
      .map((id) => theme.name(id, "bob"));
    assertEquals(one, again);
    // Deno itself obeys NO_COLOR.
    if (!Deno.noColor) assertNotEquals(one, other);
  } finally {
    useColors(false);
  }
  assertEquals(theme.name("aaaaaaaaaaaaaaaaaaaaaaaa", "bob"), "bob");
});
