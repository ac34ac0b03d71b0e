import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { serveAsset } from "../../../../lib/gateways/web/assets.ts";

const PAGE = fromFileUrl(new URL("../../../../lib/gateways/web/page/", import.meta.url));

Deno.test("every file of the page is served at its path, and the frame at the root", async () => {
  const paths = ["", "elements/"].flatMap((folder) =>
    [...Deno.readDirSync(join(PAGE, folder))].filter(({ isFile }) => isFile).map(({ name }) => folder + name)
  );
  for (const path of paths) {
    const served = path === "index.html" ? "/" : `/${path}`;
    const text = await serveAsset(new Request(`http://localhost${served}`), served)?.text();
    assertEquals(text, await Deno.readTextFile(join(PAGE, path)), path);
  }
});
