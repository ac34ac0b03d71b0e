import { assertEquals } from "@std/assert";
import { fieldName, numberAt, shapeOf, timeOf } from "../../../../lib/storage/history/readings.ts";

Deno.test("a time is ISO 8601 with or without a zone, or Unix seconds or milliseconds, between 2000 and 2100", () => {
  const times: [unknown, number | undefined][] = [
    ["2026-03-01T12:00:00Z", Date.UTC(2026, 2, 1, 12)],
    ["2026-03-01T12:00:00.5+02:00", Date.UTC(2026, 2, 1, 10, 0, 0, 500)],
    ["2026-03-01T12:00:00,25-0330", Date.UTC(2026, 2, 1, 15, 30, 0, 250)],
    ["2026-03-01 12:00:00", Date.UTC(2026, 2, 1, 12)],
    ["2026-03-01T12:00+01", Date.UTC(2026, 2, 1, 11)],
    ["2026-03-01T12:00:00.123456789z", Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
    ["2026-03-01", Date.UTC(2026, 2, 1)],
    [1772366400, 1772366400_000],
    [1772366400.25, 1772366400_250],
    [1772366400_123, 1772366400_123],
    ["1772366400", undefined],
    ["1999-12-31T23:59:59Z", undefined],
    ["2100-01-01T00:00:00Z", undefined],
    ["2026-13-01T00:00:00Z", undefined],
    ["12:00", undefined],
    [21.5, undefined],
    [0, undefined],
    [-1772366400, undefined],
    [4102444800_000, undefined],
    [null, undefined],
    ["9".repeat(100_000), undefined],
  ];
  for (const [value, expected] of times) assertEquals([value, timeOf(value)], [value, expected]);
});

Deno.test("the fields are all numbers by their paths, without the time if most documents have a plausible one", () => {
  const document = { t: 1772366400, temp: 21, "a/b~": { c: [1, "x", [2]] }, ok: true, none: null };
  assertEquals(shapeOf([document], 64), { fields: ["/temp", "/a~1b~0/c/0", "/a~1b~0/c/2/0"], time: "t" });
  assertEquals(shapeOf([{ t: 21.5, ts: "2026-03-01T00:00:00Z" }], 64), { fields: ["/t"], time: "ts" });
  assertEquals(shapeOf([{ t: 21.5 }, { t: 22 }, { t: 1772366400 }], 64), { fields: ["/t"], time: undefined });
  assertEquals(shapeOf([5, "text", null], 64), { fields: [""], time: undefined });
  assertEquals(shapeOf([], 64), { fields: [], time: undefined });
});

Deno.test("a hostile document has no more fields than the limit, and none that are not its own", () => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i]));
  assertEquals(shapeOf([wide], 64).fields.length, 64);
  assertEquals(shapeOf([Array(10_000).fill(1)], 64).fields.length, 8);
  const deep = JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`);
  assertEquals(shapeOf([deep], 64).fields, []);
  assertEquals(shapeOf([{ ["x".repeat(1000)]: { y: 1 } }], 64).fields, []);
  assertEquals(shapeOf([JSON.parse('{"__proto__":{"length":3}}')], 64).fields, ["/__proto__/length"]);
  assertEquals(numberAt("/constructor/length")({}), undefined);
  assertEquals(numberAt("/length")("text"), undefined);
  assertEquals(numberAt("/a")({ a: Infinity }), undefined);
});

Deno.test("a number is found by its path, and named as a programmer would write it", () => {
  const document = { bat: { v: [3, { x: 4 }] }, "a/b~": 5 };
  assertEquals(numberAt("/bat/v/1/x")(document), 4);
  assertEquals(numberAt("/a~1b~0")(document), 5);
  assertEquals(numberAt("")(7), 7);
  assertEquals(numberAt("/bat/none/x")(document), undefined);
  assertEquals(["/bat/v/1/x", "/0/y", ""].map(fieldName), ["bat.v[1].x", "[0].y", "value"]);
});
