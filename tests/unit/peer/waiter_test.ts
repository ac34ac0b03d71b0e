import { assertEquals } from "@std/assert";
import { Waiter, Waiters } from "../../../lib/peer/waiter.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const BOB = { id: "b".repeat(24), name: "bob" };

function setUp() {
  const clock = new FakeClock();
  const waiters = new Waiters(clock);
  const ended: string[] = [];
  const wait = (id: string, isInSeries: boolean) => {
    const waiter = new Waiter(BOB, clock, 1_000, {});
    void waiter.ended.then((settlement) => {
      ended.push(`${id} ${settlement?.status ?? "late"}`);
      waiters.remove(id, waiter);
    });
    waiters.add(id, waiter, isInSeries);
    return waiter;
  };
  const acknowledge = (waiter: Waiter) => {
    if (waiter.series) waiter.series.acknowledgedAt = clock.now();
    waiter.end({ status: "delivered" });
  };
  return { clock, ended, wait, acknowledge };
}

Deno.test("the timeout of a message in a series counts from the last acknowledgement of the recipient", async () => {
  const { clock, ended, wait, acknowledge } = setUp();
  const first = wait("first", true);
  const second = wait("second", true);
  wait("third", true);
  wait("alone", false);
  await clock.advance(900);
  acknowledge(first);
  await clock.advance(900);
  assertEquals(ended, ["first delivered", "alone late"], "a message of its own does not wait for longer");
  acknowledge(second);
  await clock.advance(999);
  assertEquals(ended.slice(2), ["second delivered"]);
  await clock.advance(1);
  assertEquals(ended.slice(3), ["third late"], "a recipient that acknowledges nothing more is given up");
});

Deno.test("a new series does not count from an acknowledgement of an earlier one", async () => {
  const { clock, ended, wait, acknowledge } = setUp();
  acknowledge(wait("first", true));
  await clock.advance(5_000);
  wait("second", true);
  await clock.advance(1_000);
  assertEquals(ended, ["first delivered", "second late"]);
});
