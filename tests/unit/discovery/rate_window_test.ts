import { assertEquals } from "@std/assert";
import { RateWindow } from "../../../lib/discovery/rate_window.ts";

Deno.test("no more is done in any second than the limits say, in all and for one address", () => {
  const limit = new RateWindow(4, 2);
  const taken = ["a", "a", "a", "b", "c", "d"].map((key) => limit.take(100, key));
  assertEquals(taken, [true, true, false, true, true, false]);
  assertEquals([limit.take(1099, "d"), limit.take(1100, "a")], [false, true]);
});
