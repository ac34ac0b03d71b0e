import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { serveAsset } from "../../../../lib/gateways/web/assets.ts";

const PAGE = fromFileUrl(new URL("../../../../lib/gateways/web/page", import.meta.url));

/** Paths of the files of the page, from its root. */
function* pathsIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(PAGE, folder))) {
    if (isDirectory) yield* pathsIn(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

const PATHS = [...pathsIn("/")];

async function served(path: string): Promise<string | undefined> {
  const at = path === "/index.html" ? "/" : path;
  return await serveAsset(new Request(`http://127.0.0.1${at}`), at)?.text();
}

/** The paths that a file names: imports, workers, scripts, styles and icons. */
function namedIn(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const patterns = path.endsWith(".html") ? [/(?:src|href)="([^"]+)"/g] : path.endsWith(".js")
    ? [
      /(?:^|[;}])\s*(?:import|export)\b(?:[^"'`;()]*?\bfrom)?\s*"([^"]+)"/gm,
      /\bimport\("([^"]+)"/g,
      /new URL\("([^"]+)"/g,
    ]
    : [];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, named]) => named!));
}

Deno.test("every file of the page is served as it is", async () => {
  assert(PATHS.includes("/main.js") && PATHS.includes("/elements/es-app.js"));
  for (const path of PATHS) assertEquals(await served(path), Deno.readTextFileSync(PAGE + path), path);
});

Deno.test("every path that a file of the page or of a package names is served, and nothing is fetched from elsewhere", async () => {
  const seen = new Set<string>();
  const waiting = [...PATHS];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = await served(path);
    assert(text !== undefined, `${path} is not served`);
    for (const named of namedIn(path, text)) {
      const { origin, pathname } = new URL(named, `http://page${path}`);
      assertEquals(origin, "http://page", `${path} names ${named}`);
      waiting.push(pathname);
    }
  }
  assert(seen.has("/packages/lit-html/lit-html.js") && seen.has("/events_worker.js"));
});

Deno.test("the page has no script and no style in it that its policy would refuse", () => {
  for (const path of PATHS.filter((path) => /\.(html|js)$/.test(path))) {
    const text = Deno.readTextFileSync(PAGE + path);
    assertEquals(
      /unsafeHTML|\.innerHTML|<style|<script(?! type="module" src=)|\sstyle="/.exec(text)?.[0],
      undefined,
      path,
    );
  }
});

Deno.test("what a browser loads first has all scripts and all styles in it: nothing else is asked for before it shows", async () => {
  const script = await served("/page.js") ?? "", styles = await served("/page.css") ?? "";
  for (const path of PATHS.filter((path) => path.endsWith(".css"))) {
    assert(styles.includes(Deno.readTextFileSync(PAGE + path)), path);
  }
  for (const path of PATHS.filter((path) => /^\/(elements\/|main)/.test(path))) {
    assert(script.includes(`// ${path}\n`), path);
  }
  const named = namedIn("/index.html", Deno.readTextFileSync(`${PAGE}/index.html`));
  assertEquals(named.toSorted(), ["/icon.svg", "/page.css", "/page.js"]);
  assertEquals(namedIn("/page.js", script), ["/page_worker.js"]);
});
