import { assert, assertEquals } from "@std/assert";
import { Page } from "../support/page.ts";
import { lacks } from "../support/require.ts";
import { captureScreens, withScreens } from "./screens.ts";

Deno.test("the screens in the manual are those of the program", { ignore: lacks("tmux") }, async () => {
  const { text } = new Page("MANUAL.md");
  const screens = await captureScreens();
  for (const name of Object.keys(screens)) {
    assert(text.includes(`<!-- screen: ${name} -->`), `the manual has no screen ${name}`);
  }
  assertEquals(text, withScreens(text, screens), "`deno task screens` captures them again");
});
