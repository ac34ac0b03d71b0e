// A peer that answers every chat, and obeys: `peer.ts NAME GROUP FOLDER [INTERFACE]`.

import { Peer } from "../../../lib/mod.ts";
import { heaps } from "../harness/heaps.ts";
import { documentOf, ratePerSecond, serve, timeRounds } from "../harness/serve.ts";

const TEXT = "x".repeat(127);
/** How long a recipient has, milliseconds. */
const TIMEOUT = 120_000;

/** Pause between two round trips beside something else, milliseconds. */
const PAUSE = 20;

const [name, group, folder, link = "lo"] = Deno.args as [string, string, string, string?];
const peer = await Peer.start({
  name,
  group,
  port: 0,
  interfaces: [link],
  state: `${folder}/${name}`,
  inbox: `${folder}/${name}-inbox`,
  maxSize: 2 ** 32 - 1,
});
const ready = now();
let answered: ((text: string) => void) | undefined;
let taken = "";
/** When a peer was seen first, or a line was heard, by id or text; milliseconds since 1970. */
const noticed = new Map<string, number>();
let lookFor: (() => void) | undefined;
function notice(what: string): void {
  if (!noticed.has(what)) noticed.set(what, now());
  lookFor?.();
}
peer.on((event) => {
  if (event.event === "peer" && event.state === "up") notice(event.id);
  if (event.event === "document") taken = event.path;
  if (event.event !== "chat") return;
  if (event.text.startsWith("#")) notice(event.text);
  else if (event.text.startsWith("<")) answered?.(event.text);
  else void peer.say(`<${event.text.slice(1)}`, { to: [event.from.id!] });
});

/** Milliseconds since 1970, finer than those of `Date`, and the same for all processes. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Waits until something is so, which is looked at whenever something was noticed. */
async function until(isSo: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  lookFor = () => isSo() && resolve();
  lookFor();
  await promise;
  lookFor = undefined;
}

/** Light traffic as of an hour: chats, documents and lines of a stream in turn. */
async function traffic({ to, count }: { to: string; count: number }): Promise<void> {
  for (let n = 0; n < count; n++) {
    if (n % 3 === 0) await peer.say(`#${n % 100}`, { to: [to] });
    else await sendOne(to, sent++, n % 3 === 1 ? "readings" : undefined);
  }
}

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
for (const { id } of peer.peers()) notice(id);
await serve({ id: peer.id, at: ready }, {
  known: async (ids: string[]) => {
    await until(() => ids.every((id) => noticed.has(id)));
    return Math.max(...ids.map((id) => noticed.get(id)!));
  },
  /** Waits until this many peers are in the roster. */
  peers: (count: number) => until(() => peer.peers().length >= count),
  heard: async (text: string) => {
    await until(() => noticed.has(text));
    return noticed.get(text);
  },
  sayToAll: async (text: string) => {
    const begin = now();
    await peer.say(text);
    return begin;
  },
  traffic,
  heaps,
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
