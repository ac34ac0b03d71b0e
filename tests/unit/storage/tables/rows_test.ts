import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { statementOf } from "../../../../lib/storage/tables/rows.ts";
import { countPrepared } from "../support.ts";

Deno.test("a statement is prepared once for all its uses, and in each database for itself", () => {
  using one = new DatabaseSync(":memory:");
  using other = new DatabaseSync(":memory:");
  const prepared = countPrepared(() => {
    for (let n = 0; n < 1_000; n++) assertEquals(statementOf(one, "SELECT ? AS n").get(n)!.n, n);
    assert(statementOf(other, "SELECT ? AS n") !== statementOf(one, "SELECT ? AS n"));
  });
  assertEquals(prepared, 2);
});

Deno.test("of many statements 128 are kept, those that were used last", () => {
  using db = new DatabaseSync(":memory:");
  const use = (n: number) => assertEquals(statementOf(db, `SELECT ${n} AS n`).get()!.n, n);
  assertEquals(
    countPrepared(() => {
      for (let n = 0; n < 1_000; n++) {
        use(n);
        use(0);
      }
    }),
    1_000,
  );
  assertEquals(countPrepared(() => [0, ...Array(127).keys().map((n) => 999 - n)].forEach(use)), 0);
  assertEquals(countPrepared(() => use(1)), 1);
});
