import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import {
  beginsGroup,
  bytesOf,
  type Chat,
  chatOf,
  chatOfEvent,
  newId,
  outcomeText,
  withChats,
  withResults,
} from "../../../../lib/gateways/web/page/chats.js";

const ME = { id: "m".repeat(24), name: "me" };
const ADA = { id: "a".repeat(24), name: "ada" };
const BOB = { id: "b".repeat(24), name: "bob" };

// deno-lint-ignore no-explicit-any
function message(more: any): any {
  return {
    direction: "received",
    row: 1,
    id: "01A",
    kind: "chat",
    peer: ADA,
    to: "all",
    text: "hi",
    at: 10,
    ...more,
  };
}

function sent(outcomes: Record<string, number>, more = {}) {
  return chatOf(message({ direction: "sent", status: "delivered", outcomes, ...more }), ME);
}

Deno.test("a message that came as an event and is read from the history again is shown once, with its row", () => {
  const event = chatOfEvent({ id: "01A", from: ADA, to: "all", text: "hi", at: 11 });
  const [only, ...others] = withChats([event], [chatOf(message({ row: 7 }), ME)]);
  assertEquals([others.length, only?.row, only?.at], [0, 7, 10]);
});

Deno.test("two peers may use one id: both are shown", () => {
  const chats = [chatOf(message({}), ME), chatOf(message({ peer: BOB, row: 2 }), ME)];
  assertEquals(withChats([], chats).length, 2);
});

Deno.test("messages that are there already change nothing", () => {
  const chats = withChats([], [chatOf(message({}), ME), sent({ delivered: 2 })]);
  assertStrictEquals(withChats(chats, [chatOf(message({}), ME), sent({ delivered: 2 })]), chats);
});

Deno.test("messages stand in the order of their time, whatever order they came in", () => {
  const chats = [3, 1, 2].map((at) => chatOf(message({ id: `0${at}`, at, row: at }), ME));
  assertEquals(withChats([], chats).map(({ at }) => at), [1, 2, 3]);
});

Deno.test("what is said to one goes into the conversation with it, and a sender without a key is in its own", () => {
  assertEquals(chatOf(message({ to: "you" }), ME).conversation, ADA.id);
  assertEquals(sent({}, { to: "you" }).conversation, ADA.id);
  const plain = { name: "plain-10.0.0.1" };
  assertEquals(
    chatOfEvent({ id: "01", from: plain, to: "you", text: "", at: 1 }).conversation,
    "plain-10.0.0.1",
  );
});

Deno.test("the rest of the recipients of a message, from an older page, is added to those of the page before", () => {
  const [both] = withChats([sent({ delivered: 2 })], [sent({ delivered: 1, refused: 1 })], true);
  assertEquals(outcomeText(both!).text, "delivered to 3 of 4; 1 refused");
});

Deno.test("the newest page read again replaces the numbers of a message, and never adds to them", () => {
  const [again] = withChats([sent({ delivered: 1, queued: 1 })], [sent({ delivered: 2 })]);
  assertEquals(outcomeText(again!).text, "delivered to all 2");
});

/** A message of ours that was just handed over. */
function own(more: Partial<Chat> = {}): Chat {
  const chat = {
    key: "own 01B",
    id: "01B",
    conversation: "all",
    isOwn: true,
    from: ME,
    text: "x",
    at: 5,
    outcomes: {},
  };
  return { ...chat, sending: true, ...more };
}

Deno.test("what became of a message is said in the words of the command line", () => {
  const refused = { to: BOB, status: "refused", code: "refused", why: "it is blocked here" } as const;
  const delivered = { to: ADA, status: "delivered" } as const;
  assertEquals(outcomeText(own()).text, "sending …");
  assertEquals(outcomeText(withResults(own(), [])).text, "nobody is here: not sent");
  assertEquals(outcomeText(withResults(own(), [delivered])).text, "delivered to 1 peer");
  assertEquals(outcomeText(withResults(own(), [delivered, refused])).text, "delivered to 1 of 2; 1 refused");
  const direct = own({ conversation: BOB.id });
  assertEquals(outcomeText(withResults(direct, [refused])).text, "refused: it is blocked here");
  const expired = { to: BOB, status: "expired" } as const;
  assertEquals(outcomeText(withResults(own(), [expired])).text, "delivered to 0 of 1; 1 given up");
  const queued = { to: BOB, status: "queued" } as const;
  assertEquals(outcomeText(withResults(direct, [queued])).text, "queued: it waits in the outbox");
});

Deno.test("a delivery is not taken back by a result that comes late", () => {
  const delivered = own({ conversation: ADA.id, outcomes: { [ADA.id]: { to: ADA, status: "delivered" } } });
  assertEquals(outcomeText(withResults(delivered, [{ to: ADA, status: "unknown" }])).text, "delivered");
});

Deno.test("a message whose answer was lost is no failure once the history has it", () => {
  const failed = own({ sending: undefined, failure: "no answer" });
  assertEquals(outcomeText(failed).isGood, false);
  const [found] = withChats([failed], [sent({ delivered: 1 }, { id: "01B" })]);
  assertEquals(outcomeText(found!).text, "delivered to 1 peer");
});

Deno.test("a group of messages is of one sender, one day and some minutes", () => {
  const first = chatOf(message({ at: 0 }), ME);
  assert(beginsGroup(undefined, first));
  assert(!beginsGroup(first, chatOf(message({ at: 60_000 }), ME)));
  assert(beginsGroup(first, chatOf(message({ at: 60_000, peer: BOB }), ME)));
  assert(beginsGroup(first, chatOf(message({ at: 600_000 }), ME)));
});

Deno.test("ids are ULIDs that sort by time; sizes are those on the wire", () => {
  assertMatch(newId(), /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  assert(newId(1_000) < newId(2_000));
  assertEquals(newId(1_469_918_176_385).slice(0, 10), "01ARYZ6S41");
  assertEquals(bytesOf("aä€😀"), 10);
});
