// Five senders at once hand ten thousand small documents to one receiver, the real program, with which a sixth peer chats.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { LoopbackPeers } from "../support/loopback_peer.ts";
import { PATIENCE } from "../support/patience.ts";
import { type Program, startProgram } from "../support/program.ts";
import { judge, judgeDatabase } from "./judge.ts";
import { startPeer } from "./start_peer.ts";
import { type Work, Workload } from "./workload.ts";

const SENDERS = ["anna", "bert", "cora", "dora", "emil"];
const DOCUMENTS = 10_000 / SENDERS.length;
const SIZES = { min: 10, max: 2_000 };
/** Most memory that the receiver may take at any moment, MiB. */
const MEMORY_MAX = 256;
/** Longest wait for the senders, milliseconds. */
const LONG = 5 * PATIENCE;

Deno.test("ten thousand documents from five senders at once arrive once each, in bounded memory, and chat goes on", async () => {
  await using peers = new LoopbackPeers();
  const { folder, group } = peers;
  const folders = { state: join(folder, "zoe"), inbox: join(folder, "zoe-inbox") };
  const options = ["--group", group, "--interface", "lo", "--state", folders.state, "--inbox", folders.inbox];
  await using zoe = startProgram(["run", "--json", "--name", "zoe", ...options]);
  const { id } = await zoe.waitForEvent("ready");
  const idle = memoryMiB(zoe, "VmRSS");
  const sixth = await peers.start("sixth");
  await peers.event(sixth, "peer", (event) => event.id === id);

  await using senders = new AsyncDisposableStack();
  const sending = SENDERS.map((name, i) => {
    const settings = { name, group, folder, seed: i, sizes: SIZES };
    return { name, program: senders.use(startPeer(settings)), work: documentsOf(new Workload(i, SIZES)) };
  });
  for (const { program } of sending) await program.waitForLine(/ready/);
  const started = performance.now();
  const all = Promise.all(sending.map(({ program, work }) => handOver(program, id, work)));
  let isOver = false;
  const end = all.finally(() => isOver = true);
  const chats: number[] = [];
  while (!isOver) {
    const said = performance.now();
    const [result] = await sixth.say(`hello ${chats.length}`, { to: [id] });
    assertEquals(result?.status, "delivered");
    chats.push(performance.now() - said);
  }
  const ids = await end;
  assertEquals(sending.reduce((sum, { work }) => sum + work.length, 0), 10_000);
  const seconds = (performance.now() - started) / 1_000;
  const peak = memoryMiB(zoe, "VmHWM");

  assertEquals((await zoe.stop()).code, 0);
  sending.forEach(({ name, work }, i) => judge(folders, { id: ids[i]!, name }, work, name));
  judgeDatabase(folders, "zoe");
  assertEquals(zoe.json().filter(({ event }) => event === "document").length, 10_000);
  const heard = zoe.json().filter(({ event }) => event === "chat").map(({ text }) => text);
  assertEquals(heard, chats.map((_, i) => `hello ${i}`));
  assert(peak <= MEMORY_MAX, `${peak} MiB`);
  chats.sort((a, b) => a - b);
  const figure = (part: number) => chats[Math.floor(part * (chats.length - 1))]!.toFixed(0);
  console.log(
    `${(10_000 / seconds).toFixed(0)} documents/s; memory ${idle.toFixed(0)} MiB idle, ${
      peak.toFixed(0)
    } at most; ` +
      `${chats.length} chats acknowledged in ${figure(0.5)} ms (median), ${figure(1)} at most`,
  );
});

/** The first documents of a workload whose acknowledgement the sender waits for. */
function documentsOf(work: Workload): Work[] {
  const fits = ({ kind, queue }: Work) => kind === "document" && !queue;
  return [...work.items(4 * DOCUMENTS)].filter(fits).slice(0, DOCUMENTS);
}

/** Has a sender hand over the documents. Returns its id once each was taken. */
async function handOver(sender: Program, to: string, work: readonly Work[]): Promise<string> {
  await sender.write(`${to} ${work.map(({ index }) => index).join(" ")}\n`);
  await sender.endInput();
  const { code, stderr } = await sender.ended(LONG);
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(sender.lines[0]!).ready;
}

/** A figure of a program's memory, MiB: `VmRSS` now, `VmHWM` at most so far. */
function memoryMiB(program: Program, which: "VmRSS" | "VmHWM"): number {
  // Reading /proc oneself takes every permission there is.
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${program.pid}/status`] }).outputSync();
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(new TextDecoder().decode(stdout))![1]) / 1024;
}
