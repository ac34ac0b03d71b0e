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
  return await serveAsset(new Request(`http://127.0.0.1${path}`), path)?.text();
}

/** The paths that a file names, of scripts, workers, styles and icons. */
function namedIn(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const patterns = path === "/" ? [/(?:src|href)="([^"]+)"/g] : path.endsWith(".js")
    ? [
      /^(?:import|export)\b.*\bfrom "([^"]+)"/gm,
      /\bnew URL\("([^"]+)"/g,
      /\.src = "([^"]+)"/g,
      /icon: "([^"]+)"/g,
    ]
    : [/url\(["']?([^"')]+)/g];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, named]) => named!));
}

/** What a browser asks for, from the frame on: texts by path. */
async function askedFor(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const waiting = ["/"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const text = await served(path);
    assert(text !== undefined, `${path} is not served`);
    found.set(path, text);
    for (const named of namedIn(path, text)) {
      const { origin, pathname } = new URL(named, `http://page${path}`);
      assertEquals(origin, "http://page", `${path} names ${named}`);
      waiting.push(pathname);
    }
  }
  return found;
}

Deno.test("a browser asks for few files, each of which is served, and fetches nothing from elsewhere", async () => {
  const found = await askedFor();
  assertEquals([...found.keys()].toSorted(), [
    "/",
    "/icon.svg",
    "/page.css",
    "/page.js",
    "/page_views.js",
    "/page_worker.js",
  ]);
  for (const [path, file] of [["/", "/index.html"], ["/icon.svg", "/icon.svg"]]) {
    assertEquals(found.get(path!), Deno.readTextFileSync(PAGE + file), path);
  }
});

Deno.test("what the page is made of is served as part of these files, and not by itself", async () => {
  const found = await askedFor();
  const scripts = ["/page.js", "/page_views.js", "/page_worker.js"].map((path) => found.get(path)!);
  for (const path of PATHS.filter((path) => !/^\/(index\.html|icon\.svg)$/.test(path))) {
    assertEquals(await served(path), undefined, path);
    if (path.endsWith(".css")) {
      assert(found.get("/page.css")!.includes(Deno.readTextFileSync(PAGE + path)), path);
    } else assert(scripts.some((text) => text.includes(`// ${path}\n`)), path);
  }
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

Deno.test("what shows the page first is asked for at once, and has no part that only other views need", async () => {
  assertEquals(namedIn("/", await served("/") ?? "").toSorted(), ["/icon.svg", "/page.css", "/page.js"]);
  const script = await served("/page.js") ?? "";
  for (const part of ["main.js", "elements/es-app.js", "elements/es-peers.js", "elements/es-talk.js"]) {
    assert(script.includes(`// /${part}\n`), part);
  }
  for (const part of ["packages/uplot/uPlot.js", "elements/es-plots.js", "elements/es-documents.js"]) {
    assert(!script.includes(`// /${part}\n`), part);
  }
});

/** What browsers of November 2024 (Chromium 131, Firefox 132, Safari 18.1) do not all have. */
const TOO_NEW: Readonly<Record<string, RegExp>> = {
  js: new RegExp(
    [
      /\bPromise\.try\b|\bRegExp\.escape\b|\bError\.isError\b|\bMath\.(sumPrecise|f16round)\b|\bTemporal\b/,
      /\b(to|from|setFrom)(Base64|Hex)\b|\bFloat16Array\b|\bDurationFormat\b|\bURLPattern\b|\bgetOrInsert/,
      /\brequestIdleCallback\b|"scrollend"|\bscheduler\b|\bmoveBefore\b|\bclosedby\b|\bcommandfor\b|\bnavigation\./,
      // Methods of iterators, and streams that are iterated.
      /\.(values|keys|entries)\(\)\.(map|filter|some|every|find|reduce|toArray|take|drop|flatMap|forEach)\b|\bIterator\./,
      /\bfor await\b|\bawait using\b|\busing \w+ =|\(\?[ims]*-?[ims]+:/,
    ].map(({ source }) => source).join("|"),
  ),
  css: new RegExp(
    [
      /\b(field-sizing|interpolate-size|anchor-name|position-(area|anchor|try)|text-wrap-style|reading-flow)\b/,
      /@(scope|function|position-try|starting-style|view-transition)\b|\banimation-timeline\b|\bcalc-size\(/,
      /::details-content|\b(sibling-index|if|random|contrast-color|corner-shape)\(/,
    ].map(({ source }) => source).join("|"),
  ),
};

Deno.test("the page works with browsers that are two years old: it uses nothing that they lack", () => {
  for (const path of PATHS) {
    const text = Deno.readTextFileSync(PAGE + path).replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
    assertEquals(TOO_NEW[path.slice(path.lastIndexOf(".") + 1)]?.exec(text)?.[0], undefined, path);
  }
});
