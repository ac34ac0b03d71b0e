import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { newSecret, TICKET_MS, Tickets, TICKETS_MAX } from "../../../../lib/gateways/web/tickets.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

Deno.test("a ticket is good once", () => {
  const tickets = new Tickets<number>(new FakeClock());
  const one = tickets.issue(1);
  const other = tickets.issue(2);
  assertNotEquals(one, other);
  assertEquals([tickets.redeem(one), tickets.redeem(one)], [1, undefined]);
  assertEquals([tickets.redeem(other), tickets.redeem("none-such")], [2, undefined]);
});

Deno.test("a ticket is good for a minute", () => {
  const clock = new FakeClock();
  const tickets = new Tickets<number>(clock);
  const [early, late] = [tickets.issue(1), tickets.issue(2)];
  clock.advanceSync(TICKET_MS - 1);
  assertEquals(tickets.redeem(early), 1);
  clock.advanceSync(1);
  assertEquals(tickets.redeem(late), undefined);
});

Deno.test("tickets that nobody uses take no more than their room: the oldest gives way", () => {
  const tickets = new Tickets<number>(new FakeClock());
  const all = Array.from({ length: TICKETS_MAX + 2 }, (_, n) => tickets.issue(n));
  assertEquals(all.map((ticket) => tickets.redeem(ticket)).slice(0, 3), [undefined, undefined, 2]);
});

Deno.test("a secret has 192 random bits, in characters that need no escape anywhere", () => {
  const secrets = Array.from({ length: 100 }, () => newSecret());
  for (const secret of secrets) assertMatch(secret, /^[\w-]{32}$/);
  assertEquals(new Set(secrets).size, 100);
});
