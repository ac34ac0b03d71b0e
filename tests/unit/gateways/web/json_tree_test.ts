import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { validateJson } from "../../../../lib/protocol/json_validator.ts";
import { JsonTextError, JsonTree } from "../../../../lib/gateways/web/page/json_tree.js";
import { visible } from "../../../../lib/gateways/web/page/visible_text.js";
import { randomBytesNearJson } from "../../../support/random_json.ts";
import { SeededRandom } from "../../../support/seeded_random.ts";

/** All values of a tree: path and text. */
function all(text: string): [string, string][] {
  const tree = new JsonTree(text);
  return Array.from({ length: tree.size }, (_, node) => [tree.path(node), tree.source(node)]);
}

Deno.test("numbers and texts are those that came: no digit, no escape and no second member is lost", () => {
  const text = ' {"a": 12345678901234567890, "b":[1.0,-0 , 1e400,"\\u00e9\\n"], "a" :true,"":{ } }\n';
  assertEquals(all(text), [
    ["$", text.trim()],
    ["$.a", "12345678901234567890"],
    ["$.b", '[1.0,-0 , 1e400,"\\u00e9\\n"]'],
    ["$.b[0]", "1.0"],
    ["$.b[1]", "-0"],
    ["$.b[2]", "1e400"],
    ["$.b[3]", '"\\u00e9\\n"'],
    ["$.a", "true"],
    ['$.""', "{ }"],
  ]);
  const tree = new JsonTree(text);
  assertEquals(tree.children(0).map((node) => tree.name(node)), ["a", "b", "a", ""]);
  assertEquals([...tree.duplicates(0)], [1, 7]);
  assertEquals(tree.children(2).map((node) => tree.kind(node)), ["number", "number", "number", "string"]);
  assertEquals([0, 2, 8, 1].map((node) => tree.count(node)), [4, 4, 0, 0]);
  assertEquals([0, 1, 6].map((node) => [tree.depth(node), tree.position(node)]), [[0, 0], [1, 0], [2, 3]]);
  assertEquals(tree.string(6), "é\n");
});

Deno.test("a path finds its value with json_extract, whatever the names are", () => {
  using db = new DatabaseSync(":memory:");
  const value = {
    "b c": [0, [1, { 'q"u': 2, "back\\": 3, "": 4, "é.[0]": 5, "new\nline": 6, "#": 7, "a-b": 8 }]],
  };
  const text = JSON.stringify(value);
  const tree = new JsonTree(text);
  for (let node = 0; node < tree.size; node++) {
    const found = db.prepare("SELECT json_extract(?, ?) AS value").get(text, tree.path(node))!.value;
    assertEquals(String(found), tree.source(node));
  }
  assertEquals(tree.path(3), '$."b c"[1]');
});

const PLACES: [string, number, number][] = [
  ["", 1, 1],
  ['{\n  "a": tru\n}', 2, 8],
  ["[1,]", 1, 4],
  ['{"a" 1}', 1, 6],
  ["{1:2}", 1, 2],
  ["[01]", 1, 3],
  ["1 2", 1, 3],
  ['["\\x"]', 1, 3],
  ['["a\nb"]', 1, 4],
  ["[", 1, 2],
  ["[1}", 1, 3],
  ["[".repeat(513), 1, 513],
];

Deno.test("what is not JSON is told with its line and column", () => {
  for (const [text, line, column] of PLACES) {
    const error = assertThrows(() => new JsonTree(text), JsonTextError);
    assertEquals([text, error.line, error.column], [text, line, column]);
  }
});

Deno.test("the page reads exactly the documents that the network carries", () => {
  const random = new SeededRandom(20);
  const isGood = (read: () => unknown) => {
    try {
      read();
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  for (let round = 0; round < 2_000; round++) {
    const bytes = randomBytesNearJson(random);
    const isDocument = isGood(() => validateJson(bytes));
    good += Number(isDocument);
    let text = "";
    const isTree = isGood(() => {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      new JsonTree(text);
    });
    assertEquals([text, isTree], [text, isDocument]);
    if (isTree) assertEquals(new JsonTree(text).source(0), text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
  }
  assertLess(500, good);
});

Deno.test("a mebibyte of anything is read, and a string of that size, too", () => {
  const size = 1024 * 1024;
  assertEquals(new JsonTree(`[${"1,".repeat(size / 2 - 2)}1]`).children(0).length, size / 2 - 1);
  const tree = new JsonTree(`["${"\\n".repeat(size / 2 - 2)}"]`);
  assertEquals(tree.string(1).length, size / 2 - 2);
  assertEquals(tree.string(1, 4), "\n");
  assertEquals(new JsonTree('"ab\\u00e9"').string(0, 7), "ab");
  assertEquals(new JsonTree('"a😀"').string(0, 3), "a");
  const deep = new JsonTree("[".repeat(512) + "]".repeat(512));
  assertEquals(deep.depth(511), 511);
});

Deno.test("characters that nobody sees are shown as escapes, and only those", () => {
  const shown = (text: string) =>
    visible(text).map((part) => part.escape ? `<${part.text}>` : part.text).join("");
  assertEquals(shown("plain é 😀 👨‍👩‍👧 日本"), "plain é 😀 👨‍👩‍👧 日本");
  assertEquals(shown("a\n\tb\u202ec\u200d\u0000"), "a<\\n\\t>b<\\u202e>c<\\u200d\\u0000>");
  assertEquals(shown("\ud800 \u{e0041}"), "<\\ud800> <\\udb40\\udc41>");
});
