import { assertEquals } from "@std/assert";
import { DeliveryPair } from "../../support/delivery_pair.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** Hands a pair to the test, and fails if the store failed unasked, or the receiver saw a breach of the protocol. */
export async function withPair(
  test: (pair: DeliveryPair, clock: FakeClock) => Promise<void>,
  window?: number,
): Promise<void> {
  const clock = new FakeClock();
  const pair = await DeliveryPair.start(clock, window);
  try {
    await test(pair, clock);
    assertEquals([pair.failures, pair.violations], [[], []]);
  } finally {
    pair.outbound.close();
  }
}
