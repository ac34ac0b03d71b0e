import { assertEquals } from "@std/assert";
import { DeliveryPair } from "../../support/delivery_pair.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

/** Hands a pair to the test, and fails where the store failed unasked. */
export async function withPair(
  test: (pair: DeliveryPair, clock: FakeClock) => Promise<void>,
  window?: number,
): Promise<void> {
  const clock = new FakeClock();
  const pair = await DeliveryPair.start(clock, new SeededRandom(1), window);
  try {
    await test(pair, clock);
    assertEquals(pair.failures, []);
  } finally {
    pair.outbound.close();
  }
}
