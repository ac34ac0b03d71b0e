import { assert, assertEquals } from "@std/assert";
import { Thinner } from "../../../../lib/storage/history/thinner.ts";
import { SeededRandom } from "../../../support/seeded_random.ts";

const of = (...values: number[]) => Float64Array.from(values);

Deno.test("few points stay as they are, in the order of time, those of one time together", () => {
  const thinner = new Thinner(3, 10);
  thinner.add(30, 0, of(3, NaN));
  thinner.add(10, 0, of(1, 2));
  thinner.add(10, 2, of(9));
  thinner.add(30, 0, of(4, 5));
  assertEquals(thinner.result(), {
    x: [10, 30, 30],
    y: [[1, 3, 4], [2, null, 5], [9, null, null]],
    bucket: 0,
  });
  assertEquals(new Thinner(1, 10).result(), { x: [], y: [[]], bucket: 0 });
});

Deno.test("of many points each bucket has the least, the greatest and the last, so that a spike is seen", () => {
  const thinner = new Thinner(2, 100);
  const begin = Date.UTC(2026, 0);
  for (let i = 0; i < 100_000; i++) {
    const spike = i === 54_321 ? 999 : i === 54_325 ? -999 : 20 + i / 100_000;
    thinner.add(begin + i * 1000, 0, of(spike, i % 2 === 0 ? i : NaN));
  }
  const { x, y, bucket } = thinner.result();
  assert(x.length <= 300 && x.length >= 100, `${x.length} times`);
  assertEquals(bucket, 2 ** Math.round(Math.log2(bucket)));
  assertEquals([Math.max(...y[0]! as number[]), Math.min(...y[0]!.filter((v) => v !== null))], [999, -999]);
  const high = x[y[0]!.indexOf(999)]!, low = x[y[0]!.indexOf(-999)]!;
  assert(high < low, "the spike upward came first");
  assert(Math.abs(high - (begin + 54_321_000)) <= bucket);
  assertEquals(y[0]!.at(-1), 20.99999);
  assertEquals(y[1]!.filter((value) => value !== null).at(-1), 99_998);
  assertEquals(x, x.toSorted((a, b) => a - b));
  assert(x[0]! >= begin && x.at(-1)! <= begin + 99_999_000);
});

Deno.test("the order in which points come makes no difference", () => {
  const seeded = new SeededRandom(7);
  const random = () => seeded.between(0, 1);
  const points = Array.from({ length: 5000 }, (_, i) => [1e12 + i * 37 * (i % 7), random()] as const);
  const thinned = (some: typeof points) => {
    const thinner = new Thinner(1, 64);
    for (const [at, value] of some) thinner.add(at, 0, of(value));
    return thinner.result();
  };
  const shuffled = points.map((point) => [random(), point] as const).sort((a, b) => a[0] - b[0]).map((each) =>
    each[1]
  );
  const sorted = thinned(points), other = thinned(shuffled);
  assertEquals(Math.max(...sorted.y[0]! as number[]), Math.max(...other.y[0]! as number[]));
  assert(sorted.x.length <= 192 && other.x.length <= 192);
});

Deno.test("one point far away makes the buckets wide, and takes no memory", () => {
  const thinner = new Thinner(1, 50);
  for (let i = 0; i < 1000; i++) thinner.add(1.7e12 + i, 0, of(i));
  thinner.add(9.6e11, 0, of(-1));
  thinner.add(4.1e12, 0, of(-2));
  const { x, y } = thinner.result();
  assert(x.length <= 150);
  assertEquals([y[0]![0], y[0]!.at(-1)], [-1, -2]);
});
