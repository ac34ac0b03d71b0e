// A peer that answers every chat, and obeys: `peer.ts NAME GROUP FOLDER`.

import { Peer } from "../../../lib/mod.ts";
import { documentOf, ratePerSecond, serve, timeRounds } from "../harness/serve.ts";

const TEXT = "x".repeat(127);
/** How long a recipient has, milliseconds. */
const TIMEOUT = 120_000;

/** Pause between two round trips beside something else, milliseconds. */
const PAUSE = 20;

const [name, group, folder] = Deno.args as [string, string, string];
const peer = await Peer.start({
  name,
  group,
  port: 0,
  interfaces: ["lo"],
  state: `${folder}/${name}`,
  inbox: `${folder}/${name}-inbox`,
  maxSize: 2 ** 32 - 1,
});
let answered: ((text: string) => void) | undefined;
let taken = "";
peer.on((event) => {
  if (event.event === "document") taken = event.path;
  if (event.event !== "chat") return;
  if (event.text.startsWith("<")) answered?.(event.text);
  else void peer.say(`<${event.text.slice(1)}`, { to: [event.from.id!] });
});

async function sendOne(to: string, n: number, stream?: string): Promise<void> {
  const [result] = await peer.send(documentOf(n), { to: [to], name: `${n}.json`, stream, timeout: TIMEOUT });
  if (result?.status !== "delivered") throw new Error(`not delivered: ${JSON.stringify(result)}`);
}

/** A round trip of a chat, milliseconds. */
async function round(to: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const begin = performance.now();
  answered = resolve;
  void peer.say(`>${TEXT}`, { to: [to] });
  await promise;
  return performance.now() - begin;
}

/** Sends a file, with chat meanwhile. */
async function sendFile({ to, path }: { to: string; path: string }) {
  const begin = performance.now();
  const file = await Deno.open(path);
  const sending = peer.send(file.readable, { to: [to], name: "large.json", timeout: 600_000 });
  let done = false;
  const sent = sending.finally(() => done = true);
  let most = Deno.memoryUsage().rss;
  const chats: number[] = [];
  while (!done) {
    chats.push(await round(to));
    most = Math.max(most, Deno.memoryUsage().rss);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  const [result] = await sent;
  return { status: result?.status, seconds: (performance.now() - begin) / 1_000, chats, most };
}

let watched = 0;
let watch: ReturnType<typeof setInterval> | undefined;
let sent = 0;
await serve({ id: peer.id }, {
  find: async (id: string) => void await peer.resolve(id, 10_000),
  rounds: ({ to, count }: { to: string; count: number }) =>
    timeRounds(count, async () => void await round(to)),
  file: sendFile,
  watch: () => {
    watched = 0;
    clearInterval(watch);
    watch = setInterval(() => watched = Math.max(watched, Deno.memoryUsage().rss), 50);
  },
  watched: () => watched,
  /** Path of the last document that came. */
  taken: () => taken,
  documents: ({ to, count }: { to: string; count: number }) => timeRounds(count, () => sendOne(to, sent++)),
  ingest: (
    { to, count, underWay, stream }: { to: string; count: number; underWay: number; stream?: string },
  ) => ratePerSecond(count, underWay, () => sendOne(to, sent++, stream)),
});
