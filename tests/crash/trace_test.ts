// The order of the system calls of the real program between the arrival of a document and its acknowledgement.

import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { json, LoopbackPeers } from "../support/loopback_peer.ts";
import { pollUntil } from "../support/patience.ts";
import { lacks } from "../support/require.ts";
import { type Call, readTrace, startTraced } from "../support/strace.ts";

const SYNC = ["fsync", "fdatasync"];
const SENT = ["write", "writev", "sendto", "sendmsg"];
const RECEIVED = ["read", "recvfrom", "recvmsg"];
const CALLS = [...SYNC, ...SENT, ...RECEIVED, "link", "linkat", "pwrite64"];
const SIZE = 30_000;
/** More than is on disk at the first sync, and no multiple of what is between two. */
const LARGE = 9_500_000;

/** A larger document is durable as a file before it is acknowledged. */
const WHOLE_MAX = 65_536;

/** Has a traced program receive a document of that size, ends it, and returns its calls. */
async function traced(
  size: number,
  stream?: string,
): Promise<{ calls: Call[]; database: string; path: string; isPlaced: (call: Call) => boolean }> {
  await using peers = new LoopbackPeers();
  const [state, inbox, trace] = ["state", "inbox", "trace"].map((name) => join(peers.folder, name));
  const args = [
    "--group",
    peers.group,
    "--interface",
    "lo",
    "--state",
    state!,
    "--inbox",
    inbox!,
    "--name",
    "bert",
  ];
  await using program = startTraced(["run", "--json", ...args], trace!, CALLS);
  await program.waitForEvent("ready");
  const anna = await peers.start("anna");
  const { id } = await peers.event(anna, "peer", ({ name }) => name === "bert");
  // The session and the inbox are there when the document comes that is looked at.
  for (const text of ["first", "x".repeat(size)]) {
    const [result] = await anna.send(json(text), { to: [id], name: `${text[0]}.json`, stream });
    assertEquals(result?.status, "delivered");
  }
  await program.waitForEvent("document");
  const { path } = await program.waitForEvent("document", { size: size + 2 });
  const database = join(state!, "earshot.db-wal");
  const isPlaced = placing(path, stream);
  // What it does later it does at its end only as far as there is time for it.
  await pollUntil(
    () => {
      if (size > WHOLE_MAX) return true;
      const calls = readTrace(trace!);
      const placed = calls.findLast(isPlaced)!;
      return syncedOf(calls.filter(({ began }) => began > placed.ended), database, path) !== undefined;
    },
    () => "the file is made durable",
  );
  assertEquals((await program.stop()).code, 0);
  return { calls: readTrace(trace!), database, path, isPlaced };
}

/** Tells the call that gives a document its place in the inbox. */
function placing(path: string, stream?: string): (call: Call) => boolean {
  if (stream !== undefined) return (call) => call.name === "write" && isOn(path)(call);
  return ({ name, text }) => name.startsWith("link") && text.includes(`"${path}"`);
}

const isTcp = ({ text }: Call) => /^\d+<TCP/.test(text);
const isOn = (path: string) => ({ text }: Call) => text.includes(`<${path}>`);
const resultOf = ({ text }: Call) => Number(/= (\d+)$/.exec(text)?.[1] ?? -1);
/** An acknowledgement by its length: a ping or its answer, which a slow machine sends too, is longer. */
const isAck = (call: Call) => SENT.includes(call.name) && isTcp(call) && resultOf(call) === 27;

/** The last data of the document, its commit, its place in the inbox, and the first acknowledgement after it. */
function stepsOf(calls: readonly Call[], database: string, isPlaced: (call: Call) => boolean): Call[] {
  const arrived = calls.findLast((call) =>
    RECEIVED.includes(call.name) && isTcp(call) && resultOf(call) > 10_000
  );
  assert(arrived, "the document did not arrive");
  const after = calls.filter(({ began }) => began > arrived.ended);
  const placed = after.find(isPlaced);
  const said = after.find(isAck);
  assert(placed && said);
  return [arrived, ...commitOf(after, database), placed, said];
}

/** What the database writes first, and its sync: one that comes before is that of an earlier commit. */
function commitOf(calls: readonly Call[], database: string): [written: Call, commit: Call] {
  const written = calls.find((call) => call.name === "pwrite64" && isOn(database)(call));
  assert(written, "nothing was written to the database");
  const commit = calls.find((call) =>
    SYNC.includes(call.name) && isOn(database)(call) && call.began > written.ended
  );
  assert(commit, "nothing was committed");
  return [written, commit];
}

/** Each is over before the next begins. */
function assertInOrder(steps: readonly Call[]): void {
  steps.slice(1).forEach((step, i) =>
    assert(steps[i]!.ended < step.began, `${steps[i]!.text}\n${step.text}`)
  );
}

/** The syncs of a file and its folders, and what the database writes after them; undefined if that is not all there. */
function syncedOf(calls: readonly Call[], database: string, path: string): Call[] | undefined {
  const syncs = [path, dirname(path), dirname(dirname(path))].map((each) =>
    calls.findLast((call) => SYNC.includes(call.name) && isOn(each)(call))
  );
  const last = Math.max(...syncs.map((sync) => sync?.ended ?? Infinity));
  const noted = calls.find((call) => call.name === "pwrite64" && isOn(database)(call) && call.began > last);
  return noted && [...syncs as Call[], noted];
}

/** The file is durable before the database notes that. */
function assertSyncedInOrder(calls: readonly Call[], database: string, path: string, since: number): void {
  const after = calls.filter(({ began }) => began > since);
  const synced = syncedOf(after, database, path);
  assert(synced, "file or folder was not synced");
  const noted = after.find((call) => call.name === "pwrite64" && isOn(database)(call));
  assertEquals(noted, synced.at(-1), "it was noted as durable before it was");
}

const options = { ignore: lacks("strace") };

Deno.test(
  "a document is committed, then in the inbox, then acknowledged, and later made durable as a file",
  options,
  async () => {
    const { calls, database, path, isPlaced } = await traced(SIZE);
    const steps = stepsOf(calls, database, isPlaced);
    assertInOrder(steps);
    assertSyncedInOrder(calls, database, path, steps.at(-2)!.ended);
  },
);

Deno.test(
  "a line of a stream is committed, then in its file, then acknowledged, and later made durable",
  options,
  async () => {
    const { calls, database, path, isPlaced } = await traced(SIZE, "log");
    const steps = stepsOf(calls, database, isPlaced);
    assertInOrder(steps);
    assertSyncedInOrder(calls, database, path, steps.at(-2)!.ended);
  },
);

Deno.test(
  "a large document is on disk, then committed, then in the inbox with its folder durable, then acknowledged",
  options,
  async () => {
    const { calls, database, path, isPlaced } = await traced(LARGE);
    const placed = calls.find(isPlaced)!;
    const partial = /"([^"]+\.part)"/.exec(placed.text)![1]!;
    const isSync = ({ name }: Call) => SYNC.includes(name);
    const written = calls.findLast((call) => call.name === "write" && isOn(partial)(call))!;
    const data = calls.find((call) => isSync(call) && isOn(partial)(call) && call.began > written.ended)!;
    const [row, commit] = commitOf(calls.filter(({ began }) => began > data.ended), database);
    const folder = calls.find((call) =>
      isSync(call) && isOn(dirname(path))(call) && call.began > placed.ended
    )!;
    const said = calls.find((call) => isAck(call) && call.began > written.ended)!;
    assertInOrder([written, data, row, commit, placed, folder, said]);
    // What is on disk at every 4 MiB need not come again.
    assertEquals(calls.filter((call) => isSync(call) && isOn(partial)(call)).length, 3);
  },
);
