// The conversations of the page, in front of a history and events that the tests make up.

import { assert, assertEquals } from "@std/assert";
import { startEvents } from "../../../../lib/gateways/web/page/events.js";
import { lately } from "../../../../lib/gateways/web/page/partners.js";
import {
  conversation,
  readNewest,
  readOlder,
  setOpen,
  startTalk,
} from "../../../../lib/gateways/web/page/talk.js";
import { pollUntil } from "../../../support/patience.ts";

/** Messages of a page, and most that a conversation has while the user looks back in it. */
const PAGE = 50;
const CHATS_MAX = 3_000;

/** What each peer has said: as many messages as this. */
const said = new Map<string, number>();
let events: ReadableStreamDefaultController<Uint8Array>;

function messageOf(peer: string, row: number) {
  const direction = "received", kind = "chat", to = "you";
  return { direction, row, id: `${row}`, kind, peer: { id: peer, name: "ada" }, to, text: `${row}`, at: row };
}

function answer(path: string): Response {
  const { pathname, searchParams: query } = new URL(path, "http://page");
  if (pathname === "/api/events") {
    return new Response(new ReadableStream({ start: (controller) => void (events = controller) }));
  }
  if (pathname !== "/api/messages") return new Response("{}", { status: 503 });
  const peer = query.get("peer")!;
  const top = Math.min(said.get(peer) ?? 0, Number(query.get("before") ?? Infinity) - 1);
  const messages = Array.from({ length: Math.min(PAGE, top) }, (_, at) => messageOf(peer, top - at));
  return Response.json({ messages, ...(top > PAGE && { next: `${top - PAGE + 1}` }) });
}

/** Says something more, and tells the page of it. */
function hear(peer: string): void {
  const row = (said.get(peer) ?? 0) + 1;
  said.set(peer, row);
  const event = {
    event: "chat",
    id: `${row}`,
    from: { id: peer, name: "ada" },
    to: "you",
    text: "",
    at: row,
  };
  events.enqueue(new TextEncoder().encode(`${JSON.stringify(event)}\n`));
}

async function look(peer: string, pages: number): Promise<void> {
  await readNewest(peer);
  for (let page = 1; page < pages; page++) await readOlder(peer);
}

/** The page follows the events until the end of this file: there is no way to leave it but to close it. */
function talkTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

Deno.test.beforeAll(async () => {
  // deno-lint-ignore no-explicit-any
  const surroundings: any = globalThis;
  surroundings.fetch = (path: string) => Promise.resolve(answer(path));
  surroundings.document = { visibilityState: "visible", hidden: false };
  startTalk();
  startEvents();
  await pollUntil(() => events !== undefined, () => "the page asked for no events");
});

talkTest(
  "a conversation that is as long as it may be takes nothing in while the user looks back",
  async () => {
    said.set("c", 4_000);
    setOpen("c", false);
    await look("c", 60);
    const before = conversation("c").chats;
    for (let more = 0; more < 2 * PAGE; more++) hear("c");
    hear("last");
    await pollUntil(() => lately()[0]?.id === "last", () => "the last event was not heard");
    await readNewest("c");
    assertEquals(conversation("c").chats, before);
    setOpen("c", true);
    const newest = 4_000 + 2 * PAGE;
    await pollUntil(
      () => conversation("c").chats.at(-1)?.row === newest,
      () => "the newest ones are missing",
    );
    assert(conversation("c").chats.length < CHATS_MAX, "what was read on the way back stays");
    await readOlder("c");
    assertEquals(conversation("c").chats.length, 2 * PAGE);
  },
);

talkTest("of a conversation that nobody looks at only some messages stay", async () => {
  said.set("d", 400);
  setOpen("d", true);
  await look("d", 6);
  setOpen(undefined, false);
  hear("d");
  await pollUntil(() => conversation("d").chats.length <= 200, () => "all of them stay");
});

talkTest("after more messages than a page in an empty conversation, the older ones can be read", async () => {
  setOpen("e", true);
  await readNewest("e");
  assertEquals(conversation("e").next, undefined);
  said.set("e", PAGE + 10);
  await readNewest("e");
  await readOlder("e");
  assertEquals(
    conversation("e").chats.map(({ row }) => row),
    Array.from({ length: PAGE + 10 }, (_, at) => at + 1),
  );
});
