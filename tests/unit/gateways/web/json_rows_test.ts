import { assertEquals } from "@std/assert";
import { JsonRows, pressKey } from "../../../../lib/gateways/web/page/json_rows.js";
import { JsonTree } from "../../../../lib/gateways/web/page/json_tree.js";
import { randomJson } from "../../../support/random_json.ts";
import { SeededRandom } from "../../../support/seeded_random.ts";

function rowsOf(text: string): JsonRows {
  const rows = new JsonRows(new JsonTree(text));
  rows.open(0);
  return rows;
}

function paths(rows: JsonRows): string[] {
  return Array.from({ length: rows.length }, (_, row) => rows.tree.path(rows.at(row)));
}

Deno.test("a value that was closed comes back as it was", () => {
  const rows = rowsOf('{"a":{"b":[1,2],"c":3},"d":4}');
  rows.open(1);
  rows.open(2);
  const all = ["$", "$.a", "$.a.b", "$.a.b[0]", "$.a.b[1]", "$.a.c", "$.d"];
  assertEquals(paths(rows), all);
  rows.close(1);
  assertEquals(paths(rows), ["$", "$.a", "$.d"]);
  assertEquals([rows.rowOf(2), rows.rowOf(6)], [-1, 2]);
  rows.open(1);
  assertEquals(paths(rows), all);
  rows.closeAll();
  assertEquals(paths(rows), ["$", "$.a", "$.d"]);
  rows.openAll();
  assertEquals(paths(rows), all);
});

Deno.test("the rows are those within open values, whatever is opened and closed in which order", () => {
  const random = new SeededRandom(7);
  for (let round = 0; round < 200; round++) {
    const rows = new JsonRows(new JsonTree(randomJson(random, 4)));
    const { tree } = rows;
    for (let step = 0; step < 20; step++) {
      const node = random.u32() % tree.size;
      if (random.u32() % 3 === 0) rows.close(node);
      else rows.open(node);
      const expected = Array.from({ length: tree.size }, (_, each) => each).filter((each) => {
        let up = tree.parent(each);
        while (up >= 0 && rows.isOpen(up)) up = tree.parent(up);
        return up < 0;
      });
      assertEquals(Array.from({ length: rows.length }, (_, row) => rows.at(row)), expected);
    }
  }
});

Deno.test("at first the outer values are open, and not more rows than a screen or two", () => {
  const rows = new JsonRows(new JsonTree('{"a":[1,2],"b":[[1,2,3,4,5,6]]}'));
  rows.openSome(7);
  assertEquals(paths(rows), ["$", "$.a", "$.a[0]", "$.a[1]", "$.b", "$.b[0]"]);
  const many = new JsonRows(new JsonTree(`[${"[],".repeat(100_000)}[]]`));
  many.openSome(200);
  assertEquals(many.length, 100_002);
});

Deno.test("a tree is used with the keys that trees have elsewhere", () => {
  const rows = rowsOf('{"apple":{"b":[1,2]},"banana":4,"Berry":[5],"":6}');
  const seen: string[] = [];
  let active = 0;
  const press = (...keys: string[]) => {
    for (const key of keys) active = pressKey(rows, active, key, 3) ?? active;
    seen.push(rows.tree.path(active));
  };
  press("ArrowUp");
  press("ArrowDown", "ArrowRight");
  press("ArrowRight", "Enter", "ArrowDown");
  press("ArrowLeft");
  press("ArrowLeft", "ArrowLeft");
  press("b");
  press("B");
  press("End", "PageUp");
  press("Home");
  assertEquals(seen, [
    "$",
    "$.apple",
    "$.apple.b[0]",
    "$.apple.b",
    "$.apple",
    "$.apple.b",
    "$.banana",
    "$.apple.b",
    "$",
  ]);
  active = rows.tree.children(0)[0]!;
  press("*");
  assertEquals(paths(rows), ["$", "$.apple", "$.apple.b", "$.banana", "$.Berry", "$.Berry[0]", '$.""']);
  const wide = rowsOf(`[${"[0],".repeat(100_000)}0]`);
  pressKey(wide, 1, "*", 3);
  assertEquals(wide.length, 200_002);
  assertEquals([pressKey(rows, active, "Tab", 3), pressKey(rows, active, "z", 3)], [undefined, undefined]);
});
