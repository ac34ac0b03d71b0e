import { assert, assertEquals } from "@std/assert";
import {
  COLORS,
  DASHES,
  fieldName,
  looksOf,
  PlotData,
  scalesOf,
} from "../../../../lib/gateways/web/page/plot_data.js";
import { askedOf, boundsOf, moved, pinched } from "../../../../lib/gateways/web/page/plot_range.js";
import { fieldName as fieldNameOfHistory } from "../../../../lib/storage/history/readings.ts";
import { NO_PLOT, type Plot } from "../../../../lib/storage/history/plot.ts";

const HOUR = 3_600_000;

function aPlot(x: number[], y: (number | null)[][], row: number): Plot {
  const lines = y.map((_, i) => ({ source: 0, field: `/f${i}` }));
  const newest = x.map((at, i) => ({ source: 0, at, values: y.map((column) => column[i]!) })).toReversed();
  return { ...NO_PLOT, x, y, lines, newest, row, documents: x.length };
}

Deno.test("points that came since are added at the end, and lines that changed are read anew", () => {
  const data = new PlotData();
  data.replace(aPlot([1, 2], [[10, 20], [null, 5]], 7), ["a/env"]);
  assert(data.append(aPlot([3], [[30], [null]], 8), ["a/env"]));
  assertEquals([data.x, data.y, data.row, data.documents], [
    [1, 2, 3],
    [[10, 20, 30], [null, 5, null]],
    8,
    3,
  ]);
  assertEquals(data.newest.map(({ at, values }) => [at, ...values]), [
    [3, ["a/env/f0", 30]],
    [2, ["a/env/f0", 20], ["a/env/f1", 5]],
    [1, ["a/env/f0", 10]],
  ]);
  assert(!data.append(aPlot([2.5], [[1], [1]], 9), ["a/env"]), "earlier than what is there");
  assert(!data.append(aPlot([4], [[1]], 9), ["a/env"]), "without a line");
  assertEquals(data.nearest(1, 2), 1);
  assertEquals([data.extremes(0), data.extremes(1)], [{ min: 10, max: 30 }, { min: 5, max: 5 }]);
});

Deno.test("all lines look different as long as there are looks, and further lines change none", () => {
  const lines = Array.from(
    { length: COLORS * DASHES.length },
    (_, i) => ({ key: `a/env/f${i}`, field: `/f${i}` }),
  );
  const looks = looksOf(lines);
  assertEquals(new Set([...looks.values()].map(({ color, dash }) => `${color} ${dash}`)).size, lines.length);
  const few = looksOf(lines.slice(0, 5));
  for (const [key, look] of few) assertEquals(look, looks.get(key));
  assertEquals([...looks.values()].slice(0, COLORS).map(({ dash }) => dash), Array(COLORS).fill(0));
  assertEquals(looksOf([...lines, { key: "one too many", field: "/x" }]).size, lines.length + 1);
  const [own, other] = looksOf([{ key: "b/env/f3", field: "/f3" }, { key: "c/env/f3", field: "/f3" }])
    .values();
  assertEquals(own, looksOf([lines[3]!]).get("a/env/f3"));
  assert(own!.color !== other!.color);
});

Deno.test("lines share a scale if their values are of one size", () => {
  const of = (min: number, max: number) => ({ min, max });
  assertEquals(scalesOf([of(18, 24), of(40, 60), of(180_000, 181_000), undefined, of(0, 0)]), [
    0,
    0,
    1,
    0,
    0,
  ]);
  assertEquals(scalesOf([of(0, 0), of(-5, 2), of(900, 1000)]), [0, 0, 1]);
});

Deno.test("a range that follows the time ends now, one that was chosen stays", () => {
  const now = 1e12;
  assertEquals(boundsOf("hour", [now - 5 * HOUR, now - HOUR], now), { from: now - HOUR, to: now });
  assertEquals(boundsOf("day", [now + 60_000], now).to, now + 60_000);
  assertEquals(boundsOf("day", [now + 1000 * HOUR], now).to, now);
  assertEquals(boundsOf("all", [5, 10_000], now), { from: 5, to: 10_000 });
  assertEquals(boundsOf("all", [now], now), { from: now - HOUR / 2, to: now + HOUR / 2 });
  assertEquals(boundsOf({ from: 1, to: 2 }, [5], now), { from: 1, to: 2 });
  assertEquals(askedOf("all", now), {});
  assertEquals(askedOf({ from: 1.5, to: 2.5 }, now), { from: 1, to: 3 });
  assertEquals(moved({ from: 1000, to: 2000 }, -0.25), { from: 750, to: 1750 });
  assertEquals(moved({ from: 1000, to: 2000 }, 0, 0.5), { from: 1250, to: 1750 });
  assertEquals(moved({ from: 1000, to: 1100 }, 0, 0.5), { from: 1000, to: 1100 });
  assertEquals(moved({ from: 0, to: 1000 }, -1), { from: 0, to: 0 });
});

Deno.test("the axis of a board that began lately begins with it, and covers a minute at least", () => {
  const now = 1_000 * HOUR, minute = 60_000;
  assertEquals(boundsOf("day", [now - 10 * minute, now], now), { from: now - 10 * minute, to: now });
  assertEquals(boundsOf("hour", [now - 10 * minute, now], now), { from: now - 10 * minute, to: now });
  assertEquals(boundsOf("day", [now - 1_000], now), { from: now - minute, to: now });
  // A reading every ten minutes does not move the beginning of the hour.
  assertEquals(boundsOf("hour", [now - 50 * minute, now], now), { from: now - HOUR, to: now });
  assertEquals(boundsOf("day", [now - 17 * HOUR, now], now), { from: now - 24 * HOUR, to: now });
  assertEquals(boundsOf("day", [], now).to, now);
});

Deno.test("the page names fields as the export does", () => {
  for (const path of ["", "/a", "/a/0/b", "/0", "/a~1b~0/c"]) {
    assertEquals(fieldName(path), fieldNameOfHistory(path));
  }
});

Deno.test("what is under a finger stays under it, under one as under two, within a shortest and a longest range", () => {
  const range = { from: 1_000_000, to: 2_000_000 };
  assertEquals(pinched(range, [0.5], [0.5]), range);
  assertEquals(pinched(range, [0.5], [0.7]), { from: 800_000, to: 1_800_000 });
  // Two fingers that go apart, and back.
  assertEquals(pinched(range, [0.4, 0.6], [0.3, 0.7]), { from: 1_250_000, to: 1_750_000 });
  assertEquals(pinched(range, [0.3, 0.7], [0.4, 0.6]), { from: 500_000, to: 2_500_000 });
  // One stays where it is, at the moment 1 250 000.
  const { from, to } = pinched(range, [0.25, 0.5], [0.25, 0.75]);
  assertEquals([from, to], [1_125_000, 1_625_000]);
  // Fingers that are in one place, cross each other, or leave the first moment behind.
  for (const now of [[0.5, 0.5], [0.7, 0.3], [5, 5.001], [-5, 9]]) {
    const { from, to } = pinched(range, [0.4, 0.6], now);
    assert(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to > from, `${now}`);
  }
  assertEquals(pinched(range, [0.5, 0.5], [0.2, 0.8]), range, "nothing can be told of it");
});
