import { assert, assertEquals } from "@std/assert";
import { Answers } from "../../../lib/delivery/answers.ts";
import { ChatLog } from "../../../lib/delivery/chat_log.ts";
import { decodeMessages } from "../../../lib/protocol/message.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const CHAT = { kind: "chat", sender: "b", senderName: "bob", turn: 1, to: "you", text: "hi" } as const;

/** A log of chats over a store that counts how many it is given at the same moment. */
function setUp() {
  const clock = new FakeClock();
  const given = new Map<number, number>();
  const chats = new ChatLog({
    receive: () => {
      given.set(clock.now(), (given.get(clock.now()) ?? 0) + 1);
      return Promise.resolve({ saved: true, duplicate: false });
    },
  }, clock);
  const keep = (count: number) => {
    for (let i = 0; i < count; i++) void chats.keep({ ...CHAT, id: `${i}` });
  };
  return { clock, given, chats, keep };
}

Deno.test("a chat goes to the store after 4 ms; while one comes each millisecond, they share a commit for longer", async () => {
  const { clock, given, keep } = setUp();
  keep(1);
  await clock.advance(10);
  assertEquals([...given], [[4, 1]]);
  for (let i = 0; i < 28; i++) {
    keep(1);
    await clock.advance(1);
  }
  assertEquals([...given], [[4, 1], [14, 4], [38, 24]]);
  await clock.advance(100);
  keep(1);
  await clock.advance(4);
  assertEquals([...given].at(-1), [142, 1]);
});

Deno.test("chats that come one after another, each once the one before is acknowledged, wait no longer than one", async () => {
  const { clock, given, keep } = setUp();
  keep(8);
  await clock.advance(4);
  keep(1);
  await clock.advance(24);
  for (let i = 0; i < 3; i++) {
    keep(1);
    await clock.advance(6);
  }
  assertEquals([...given], [[4, 8], [28, 1], [32, 1], [38, 1], [44, 1]]);
});

Deno.test("a hundred and sixty chats wait for no others", () => {
  const { clock, given, keep } = setUp();
  keep(160);
  assertEquals([...given], [[clock.now(), 160]]);
});

Deno.test("of the chats that were shown the last 4 096 are told from new ones, and memory is bounded", () => {
  const { chats } = setUp();
  const ids = Array.from({ length: 20_000 }, (_, i) => `${i}`);
  assert(ids.every((id) => chats.isNew("b", id)));
  assert(!ids.slice(-4_096).some((id) => chats.isNew("b", id)));
  assert(chats.isNew("b", "0"), "it was forgotten");
  assert(chats.isNew("c", "19999"), "another sender has ids of its own");
});

Deno.test("the acknowledgement of a chat goes with the next frame, or by itself after 2 ms; another one at once", () => {
  const clock = new FakeClock();
  let woken = 0;
  const answers = new Answers(() => woken++, clock);
  const acknowledged = () =>
    decodeMessages(answers.nextFrame(1_024)!).flatMap((message) =>
      message.type === "ack" ? message.seqs : []
    );
  answers.ack(1, false);
  answers.ack(2, false);
  assertEquals([woken, ...acknowledged()], [0, 1, 2]);
  clock.advanceSync(10);
  assertEquals(woken, 0, "there was nothing left to send");
  answers.ack(3, false);
  clock.advanceSync(2);
  assertEquals([woken, ...acknowledged()], [1, 3]);
  answers.ack(4, true);
  assertEquals([woken, ...acknowledged()], [2, 4]);
  answers.ack(5, false);
  answers.close();
  clock.advanceSync(10);
  assertEquals(woken, 2, "nothing is sent through a session that has ended");
});
