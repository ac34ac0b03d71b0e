import { assertEquals, assertStringIncludes } from "@std/assert";
import { openBrowser } from "../../../../lib/cli/web/browser.ts";

Deno.test("two pages with one inbox lead a browser each to its own, and take only their own file away", async () => {
  const folder = await Deno.makeTempDir();
  const files = () => [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  try {
    const urls = [
      "http://127.0.0.1:8033/#token=one",
      "http://127.0.0.1:8034/#token=two",
      "http://[::1]:8033/#token=six",
    ];
    const opened = urls.map((url) => openBrowser(url, folder, [`${folder}/none`]));
    assertEquals(await Promise.all(opened.map((each) => each.opened)), [false, false, false]);
    const all = files();
    assertEquals(all.length, 3, all.join());
    assertStringIncludes(Deno.readTextFileSync(`${folder}/.earshot-web-127.0.0.1_8034.html`), urls[1]!);
    opened[0]!.forget();
    assertEquals(files(), all.filter((name) => name !== ".earshot-web-127.0.0.1_8033.html"));
    for (const each of opened) each.forget();
    assertEquals(files(), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
