// The order of the system calls of the real program between the arrival of a document and its acknowledgement.

import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { json, LoopbackPeers } from "../support/loopback_peer.ts";
import { lacks } from "../support/require.ts";
import { type Call, readTrace, startTraced } from "../support/strace.ts";

const SYNC = ["fsync", "fdatasync"];
const SENT = ["write", "writev", "sendto", "sendmsg"];
const RECEIVED = ["read", "recvfrom", "recvmsg"];
const CALLS = [...SYNC, ...SENT, ...RECEIVED, "link", "linkat", "pwrite64"];
const SIZE = 30_000;
const LARGE = 300_000;

/** Has a traced program receive something, ends it, and returns its calls. */
async function traced(
  stream?: string,
  size = SIZE,
): Promise<{ calls: Call[]; database: string; path: string }> {
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
  assertEquals((await program.stop()).code, 0);
  return { calls: readTrace(trace!), database: join(state!, "earshot.db-wal"), path };
}

const isTcp = ({ text }: Call) => /^\d+<TCP/.test(text);
const isOn = (path: string) => ({ text }: Call) => text.includes(`<${path}>`);
const resultOf = ({ text }: Call) => Number(/= (\d+)$/.exec(text)?.[1] ?? -1);

/** The last data of the document, its commit, its place in the inbox, and the first thing said to the sender after it. */
function stepsOf(calls: readonly Call[], database: string, isPlaced: (call: Call) => boolean): Call[] {
  const arrived = calls.findLast((call) =>
    RECEIVED.includes(call.name) && isTcp(call) && resultOf(call) > 10_000
  );
  assert(arrived, "the document did not arrive");
  const after = calls.filter(({ began }) => began > arrived.ended);
  const commit = after.find((call) => SYNC.includes(call.name) && isOn(database)(call));
  const placed = after.find(isPlaced);
  const said = after.find((call) => SENT.includes(call.name) && isTcp(call));
  assert(commit && placed && said);
  const written = after.find((call) => call.name === "pwrite64" && isOn(database)(call));
  assert(written && written.ended < commit.began, "nothing was committed");
  return [arrived, commit, placed, said];
}

/** Each is over before the next begins. */
function assertInOrder(steps: readonly Call[]): void {
  steps.slice(1).forEach((step, i) =>
    assert(steps[i]!.ended < step.began, `${steps[i]!.text}\n${step.text}`)
  );
}

/** The file is durable before the database notes that. */
function assertSyncedInOrder(calls: readonly Call[], database: string, path: string, since: number): void {
  const after = calls.filter(({ began }) => began > since);
  const syncs = [path, dirname(path), dirname(dirname(path))].map((each) =>
    after.find((call) => SYNC.includes(call.name) && isOn(each)(call))
  );
  assert(syncs.every((call) => call !== undefined), "file or folder was not synced");
  const last = Math.max(...syncs.map(({ ended }) => ended));
  const noted = after.find((call) => call.name === "pwrite64" && isOn(database)(call))!;
  assert(noted.began > last, "it was noted as durable before it was");
}

const options = { ignore: lacks("strace") };

Deno.test(
  "a document is committed, then in the inbox, then acknowledged, and later made durable as a file",
  options,
  async () => {
    const { calls, database, path } = await traced();
    const isPlaced = ({ name, text }: Call) => name.startsWith("link") && text.includes(`"${path}"`);
    const steps = stepsOf(calls, database, isPlaced);
    assertInOrder(steps);
    assertSyncedInOrder(calls, database, path, steps.at(-1)!.ended);
  },
);

Deno.test(
  "a line of a stream is committed, then in its file, then acknowledged, and later made durable",
  options,
  async () => {
    const { calls, database, path } = await traced("log");
    const steps = stepsOf(calls, database, (call) => call.name === "write" && isOn(path)(call));
    assertInOrder(steps);
    assertSyncedInOrder(calls, database, path, steps.at(-1)!.ended);
  },
);

Deno.test(
  "a document in parts is durable as a file, then committed, then in the inbox for good, then acknowledged",
  options,
  async () => {
    const { calls, database, path } = await traced(undefined, LARGE);
    const isPlaced = ({ name, text }: Call) => name.startsWith("link") && text.includes(`"${path}"`);
    const [arrived, commit, placed, said] = stepsOf(calls, database, isPlaced) as [Call, Call, Call, Call];
    const after = calls.filter(({ began }) => began > arrived.ended);
    const isSync = (where: (call: Call) => boolean) => (call: Call) =>
      SYNC.includes(call.name) && where(call);
    const data = after.find(isSync(({ text }) => text.includes(".part>")));
    const folder = after.find((call) => call.began > placed.ended && isSync(isOn(dirname(path)))(call));
    assert(data && folder);
    assertInOrder([arrived, data, commit, placed, folder, said]);
  },
);
