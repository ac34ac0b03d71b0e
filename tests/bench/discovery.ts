import { SMALL_ROSTER } from "../../lib/discovery/peer_table.ts";
import { lacks } from "../support/require.ts";
import type { Aim, Bench, Benchmark, Findings, Row } from "./harness/benchmark.ts";
import { Lan } from "../support/lan.ts";
import { Crowd } from "./harness/crowd.ts";
import { Worker } from "./harness/worker.ts";

const SIZES = [2, 10];
const SIZES_FULL = [2, 10, 50];
/** Pause before a newcomer to a large group, milliseconds: the one before asks for 3.6 s, and is answered within 1.1 s. */
const APART_MS = 5_000;
/** Peers that a generator announces. */
const ANNOUNCED = 1_000;
/** How long an idle peer is watched, seconds. */
const WATCHED = 20;
const WATCHED_FULL = 60;
/** How long it is left alone before that, seconds: until the garbage collector has dealt with what went before. */
const SETTLES = 30;

/** `discovery`: how fast a newcomer is known, and what a large group costs those who do nothing. */
export const discovery: Benchmark = {
  name: "discovery",
  question:
    "How long until a newcomer and everybody know each other, and what does a large group cost an idle peer?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const rows: Row[] = [];
  const aims: Aim[] = [];
  const remarks: string[] = [];
  const sizes = lacks("lan") ? [] : bench.full ? SIZES_FULL : SIZES;
  if (sizes.length === 0) {
    remarks.push("Newcomers need network namespaces, which this machine or user has not.");
  }
  for (const size of sizes) {
    const { knownToAll, knowsAll } = await newcomers(bench, size);
    const newcomer = `a newcomer among ${size}, from its \`ready\`,`;
    aims.push({ what: `${newcomer} known to all`, unit: "ms", values: knownToAll, most: 250 });
    aims.push({ what: `${newcomer} knows all`, unit: "ms", values: knowsAll, most: 250 });
  }
  const seconds = bench.full ? WATCHED_FULL : WATCHED;
  const idle = await idleAmong(bench, seconds);
  rows.push(
    { what: "an idle peer, alone", unit: "% of a core", values: [idle.alone] },
    { what: "a bare Deno listener, alone", unit: "% of a core", values: [idle.bareAlone] },
    { what: `a bare Deno listener among ${ANNOUNCED}`, unit: "% of a core", values: [idle.bareAmong] },
    { what: `datagrams that reach it among ${ANNOUNCED}`, unit: "/s", values: [idle.sent / seconds] },
    { what: "datagrams that it sends there", unit: "/s", values: [idle.heard / seconds] },
  );
  remarks.push(`An idle peer is watched once, for ${seconds} s, some time after the others came.`);
  aims.push({ what: `an idle peer among ${ANNOUNCED}`, unit: "%", values: [idle.among], most: 0.5 });
  return { rows, aims, remarks };
}

/**
 * How long it takes until the last of the others knows a newcomer, and it the last of them, milliseconds; for each
 * repetition. In a large group each answers once a second, so newcomers come further apart.
 */
async function newcomers(bench: Bench, size: number) {
  await using crowd = await Crowd.of(bench, size, bench.repetitions);
  const [knownToAll, knowsAll]: [number[], number[]] = [[], []];
  for (let i = 0; i < bench.repetitions; i++) {
    if (size > SMALL_ROSTER) await new Promise((resolve) => setTimeout(resolve, APART_MS));
    const others = [...crowd.peers];
    const newcomer = await crowd.join();
    const since = (at: number) => Math.max(0, at - newcomer.ready.at);
    knowsAll.push(since(await crowd.known(newcomer, others)));
    const known = await Promise.all(others.map((other) => crowd.known(other, [newcomer])));
    knownToAll.push(since(Math.max(...known)));
  }
  return { knownToAll, knowsAll };
}

/**
 * What a peer uses that does nothing, percent of a core; alone, and among many that announce themselves. Beside it, a
 * program that takes the same datagrams. On a host of their own, if there can be one: on that of others they would hear
 * the peers there.
 */
async function idleAmong(bench: Bench, seconds: number) {
  const group = `bench-${crypto.randomUUID().slice(0, 8)}`;
  await using lan = lacks("lan") ? undefined : await Lan.create({ hosts: ["idle"] });
  const place = lan ? ["ip", "netns", "exec", lan.namespace("idle")] : [];
  await using peer = await Worker.startIn(place, "peer.ts", "idle", group, bench.folder);
  await using bare = await Worker.startIn(place, "listener.ts");
  await using crowd = await Worker.startIn(place, "announcers.ts", group, `${ANNOUNCED}`);
  const used = async (worker: Worker) => (await worker.order("used")).cpu / seconds / 1e4;
  const idle = async () => {
    await crowd.order("watch", SETTLES);
    await Promise.all([used(peer), used(bare)]);
    const { value } = await crowd.order<{ sent: number; heard: number }>("watch", seconds);
    return { ...value, share: await used(peer), bare: await used(bare) };
  };
  const alone = await idle();
  await crowd.order("introduce");
  await peer.order("peers", ANNOUNCED);
  const among = await idle();
  return {
    alone: alone.share,
    among: among.share,
    bareAlone: alone.bare,
    bareAmong: among.bare,
    sent: among.sent,
    heard: among.heard,
  };
}
