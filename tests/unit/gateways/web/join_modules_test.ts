import { assertEquals, assertThrows } from "@std/assert";
import { serveAsset } from "../../../../lib/gateways/web/assets.ts";
import { joinModules } from "../../../../lib/gateways/web/join_modules.ts";

const MAIN = { "/page.js": "/main.js" };

/** Runs a joined module, and returns what its modules told `tell`. */
function run(files: Record<string, string>): string[] {
  const told: string[] = [];
  const text = joinModules(files, MAIN)["/page.js"];
  new Function("tell", `"use strict"; ${text}`)((text: string) => told.push(text));
  return told;
}

Deno.test("modules run once each, those that are imported first, and export what they declare", () => {
  const told = run({
    "/main.js":
      `// The first one.\n\nimport { grow, Plant } from "./plants/plant.js";\nimport {\n  A,\n  B as C,\n` +
      `} from "./list.js";\nimport "./effect.js";\nimport only from "/packages/only.js";\n` +
      `grow().then(tell);\ntell([new Plant().name, A, C, only].join());\n`,
    "/plants/plant.js":
      `import { A } from "../list.js";\nexport async function grow() {\n  return "grown";\n}\n` +
      `/** A plant. */\nexport class Plant {\n  name = "tomato" + A;\n}\n`,
    "/list.js": `tell("list");\nexport const [A, B] = [1, 2];\n`,
    "/effect.js": `tell("effect");\nexport const unused = 1;\n`,
    "/packages/only.js": `const only = "default";\nexport default only;\n`,
  });
  assertEquals(told, ["list", "effect", "tomato1,1,2,default"]);
});

Deno.test("lists of exports, names passed on, and modules without spaces are understood", () => {
  const told = run({
    "/main.js":
      `import { render as show, twice, nothing } from "./all.js";\ntell(show(twice(2)) + nothing);\n`,
    "/all.js": `export { r as render } from "./small.js";\nexport { nothing, twice } from "./small.js";\n`,
    "/small.js":
      `import{one as t}from"./one.js";import{e}from"./two.js";/**\n * @license\n */const n=o=>o*t,` +
      `i=x=>{return x+e};export{i as r,n as twice,n as nothing};\n//# sourceMappingURL=small.js.map\n`,
    "/one.js": `const x=2;export{x as one};`,
    "/two.js": `export const e = "!";\nclass Other {}\nexport { Other };\n`,
  });
  assertEquals(told, ["4!o=>o*t"]);
});

Deno.test("a module that two files need is in the first one, and runs once", async () => {
  const files = {
    "/main.js": `import { counted } from "./count.js";\nexport const first = counted();\n`,
    "/later.js":
      `import "./alone.js";\nimport { counted } from "./count.js";\nglobalThis.told.push(counted());\n`,
    "/alone.js": `globalThis.told.push("alone");\n`,
    "/count.js": `let count = 0;\nexport function counted() {\n  return ++count;\n}\n`,
  };
  const joined = joinModules(files, { "/first.js": "/main.js", "/second.js": "/later.js" });
  const data = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
  const surroundings = globalThis as unknown as { told?: unknown[] };
  surroundings.told = [];
  await import(data(joined["/second.js"].replace("/first.js", data(joined["/first.js"]))));
  assertEquals(surroundings.told, ["alone", 2]);
  delete surroundings.told;
  assertEquals(joined["/second.js"].includes("count.js"), false);
});

Deno.test("modules that import each other, and one that is not there, are refused", () => {
  const circle = { "/main.js": `import "./other.js";\n`, "/other.js": `import "./main.js";\n` };
  assertThrows(() => joinModules(circle, MAIN), Error, "/main.js imports itself over others");
  assertThrows(() => joinModules({ "/main.js": `import "./none.js";\n` }, MAIN), Error, "/none.js");
});

Deno.test("an import of what is not exported, and a module that is loaded later, are refused", () => {
  const lacking = {
    "/main.js": `import { a, b } from "./other.js";\n`,
    "/other.js": `export const a = 1, b = 2;\n`,
  };
  assertThrows(
    () => joinModules(lacking, MAIN),
    Error,
    "./other.js has no export b, which /main.js imports",
  );
  assertThrows(
    () => joinModules({ "/main.js": `await import("./other.js");\n` }, MAIN),
    Error,
    "later",
  );
});

Deno.test("of all modules of the page and of its worker, no import and no export is left but those between files", async () => {
  for (const path of ["/page.js", "/page_views.js", "/page_worker.js"]) {
    const text = await serveAsset(new Request(`http://localhost${path}`), path)!.text();
    const own = text.replace(/^import \{ [\w, ]+ \} from "\/page\.js";\n/, "").replace(
      /export \{ [\w, ]+ \};\n$/,
      "",
    );
    // In a function, each of them is a syntax error.
    new Function(own.replaceAll("import.meta", "({})"));
  }
});
