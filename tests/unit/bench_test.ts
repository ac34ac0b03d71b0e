import { assertEquals, assertThrows } from "@std/assert";
import { judge, tableOf } from "../bench/harness/benchmark.ts";
import { columns, fitted, quantile, ratioOf, spreadOf } from "../bench/harness/statistics.ts";

Deno.test("medians and ranges are those of the values, whatever their order", () => {
  assertEquals(spreadOf([5, 1, 3]), { median: 3, least: 1, most: 5 });
  assertEquals(quantile([10, 2, 30], 0.99), 10);
  assertThrows(() => quantile([], 0.5), RangeError, "no value");
});

Deno.test("a ratio is that of what was measured side by side, not that of the medians", () => {
  // The machine was ten times slower in the second repetition, for both.
  assertEquals(ratioOf([2, 30, 2], [1, 10, 1]), { median: 2, least: 2, most: 3 });
  assertThrows(() => ratioOf([1], [1, 2]), RangeError, "side by side");
});

Deno.test("an aim is met at its bound and missed beyond it, as a ratio and as a figure", () => {
  const met = (aim: Parameters<typeof judge>[0]) => judge(aim).met;
  assertEquals(met({ what: "", values: [4], others: [2], most: 2 }), true);
  assertEquals(met({ what: "", values: [4.1], others: [2], most: 2 }), false);
  assertEquals(met({ what: "", values: [1], others: [4], least: 0.35 }), false);
  assertEquals(met({ what: "", values: [90], unit: "ms", most: 90 }), true);
});

Deno.test("the table shows each figure with its range, and each aim as met or missed", () => {
  const benchmark = { name: "x", question: "How fast?", run: () => Promise.reject() };
  const findings = {
    rows: [{ what: "bare", unit: "µs", values: [100, 120, 90] }],
    aims: [{ what: "ours / bare", values: [300, 300, 300], others: [100, 120, 90], most: 2 }],
    remarks: ["Noisy."],
  };
  assertEquals(tableOf(benchmark, findings), [
    "How fast?",
    "  bare             100 µs    (90.0 to 120)",
    "  ours / bare     3.00 ×     (2.50 to 3.33; aim ≤ 2: missed)",
    "  Noisy.",
  ]);
});

Deno.test("the line through values is the nearest one, and level for values that are", () => {
  const rising = fitted([0, 1, 2, 3], [10, 13, 13, 16]);
  assertEquals([rising(0), rising(3)].map((value) => Math.round(value * 10)), [103, 157]);
  assertEquals(fitted([5, 6, 7], [4, 4, 4])(100), 4);
  assertEquals(fitted([5], [4])(100), 4);
});

Deno.test("cells stand in columns", () => {
  assertEquals(columns([["a", "wide"], ["100", "1"]]), ["  a  wide", "100     1"]);
});
