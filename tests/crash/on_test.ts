// `earshot on`, its peer and its program, killed again and again while documents, questions and chat arrive.
// EARSHOT_ON_KILLS makes it longer.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ulid } from "@std/ulid";
import type { Peer } from "../../lib/mod.ts";
import { History } from "../../lib/storage/history/history.ts";
import { json, LoopbackPeers } from "../support/loopback_peer.ts";
import { PATIENCE, pollUntil } from "../support/patience.ts";
import { homeEnv, type Program, startProgram } from "../support/program.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const KILLS = Number(Deno.env.get("EARSHOT_ON_KILLS") ?? 12);
/** Kills of what is a variant of the above. */
const FEWER = Math.ceil(KILLS / 4);
/** Arrivals for each kill. */
const PER_KILL = 6;
/** Longest time between two kills, milliseconds. */
const LIFE_MAX = 3_000;

/**
 * Notes when it begins, reads some of its input or none, prints what is an answer, and notes that it is done: then it may
 * still be killed.
 */
const PROGRAM = `#!/bin/sh
echo "start $EARSHOT_ID $$" >> "$NOTES"
case $EARSHOT_ID in *[0-9]) cat > /dev/null;; *[A-M]) sleep 0.1;; *) sleep 0.3;; esac
echo "[\\"$EARSHOT_ID\\", $$]"
echo "done $EARSHOT_ID $$" >> "$NOTES"
`;

interface Note {
  readonly what: "start" | "done";
  readonly id: string;
  readonly pid: number;
}

/** How `earshot on` runs, and what arrives. */
interface Scene {
  readonly subject: "document" | "ask";
  readonly kills: number;
  /** Programs that may run at one time. */
  readonly parallel: number;
}

Deno.test(`on, its peer and its program are killed ${KILLS} times: each arrival is done, in order, and never again once it is marked`, async () => {
  await killAgain({ subject: "document", kills: KILLS, parallel: 1 }, async (bob, to, random, n) => {
    const id = ulid();
    const stream = random.u32() % 3 === 0 ? "log" : undefined;
    const size = random.u32() % 8 === 0 ? 90_000 : random.u32() % 200;
    const body = json({ n, x: "x".repeat(stream ? size % 200 : size) });
    await bob.send(body, { to: [to], id, name: `${n}.json`, stream, queue: true });
    if (random.u32() % 4 === 0) await bob.say("hello", { to: [to], queue: true });
    return id;
  });
});

Deno.test(`on --parallel is killed ${FEWER} times: each arrival is done, three at a time, and a crash repeats no more than ran`, async () => {
  await killAgain({ subject: "document", kills: FEWER, parallel: 3 }, async (bob, to, _, n) => {
    const id = ulid();
    await bob.send(json(n), { to: [to], id, name: `${n}.json`, queue: true });
    return id;
  });
});

Deno.test(`on ask is killed ${FEWER} times: each question has one answer, which a program has printed`, async () => {
  const answers: Promise<readonly [asked: string, json: unknown]>[] = [];
  const all = await killAgain({ subject: "ask", kills: FEWER, parallel: 1 }, async (bob, to, random, n) => {
    const id = ulid();
    answers.push((async () => {
      while (true) {
        const [result] = await bob.ask(n, { to: [to], id, timeout: PATIENCE });
        if (result!.status === "answered") return [id, result!.json] as const;
      }
    })());
    if (random.u32() % 4 === 0) await bob.send(json("no question"), { to: [to], queue: true });
    return id;
  }, async (bob) => {
    await Promise.all(answers);
    using history = History.open(bob.state, bob.inbox)!;
    const replies = history.arrivals(0, 1e6).flatMap(({ re }) => re ?? []);
    assertEquals(replies.length, answers.length, "one answer each");
  });
  for (const [id, json] of await Promise.all(answers)) {
    const [about, pid] = json as [string, number];
    assertEquals(about, id);
    assert(
      all.some((note) => note.what === "done" && note.id === id && note.pid === pid),
      "of one that was done",
    );
  }
});

/**
 * Kills while things arrive, and judges the notes of the programs, which it returns.
 *
 * @param handIn sends alice the next arrival, and gives its id
 * @param end called once all is done, while bob is up
 */
async function killAgain(
  { subject, kills: most, parallel }: Scene,
  handIn: (bob: Peer, alice: string, random: SeededRandom, n: number) => Promise<string>,
  end?: (bob: Peer) => Promise<void>,
): Promise<readonly Note[]> {
  const random = new SeededRandom();
  await using peers = new LoopbackPeers();
  const bob = await peers.start("bob");
  const home = join(peers.folder, "alice");
  const { EARSHOT_STATE: state = "", ...rest } = homeEnv(home);
  const env = { ...rest, EARSHOT_STATE: state, NOTES: join(home, "notes") };
  await Deno.mkdir(state, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(join(state, "earshot.jsonc"), '{"name": "alice"}');
  const program = join(home, "program");
  await Deno.writeTextFile(program, PROGRAM, { mode: 0o755 });
  const port = 21_000 + random.u32() % 20_000;
  const common = ["--interface", "lo", "--group", peers.group, "--port", `${port}`];
  const options = ["--verbose", "--retries", "1000", "--parallel", `${parallel}`];
  const line = [...common, "on", subject, ...options, "--", program];
  const start = () => startProgram(line, { env });
  const waiting = /Waiting for arrivals/;

  let on: Program = start();
  const troubles: string[] = [];
  try {
    await on.waitForStderr(waiting);
    const alice = await bob.resolve("alice", PATIENCE);
    const sent = new Set<string>();
    const send = async (count: number) => {
      for (let n = 0; n < count; n++) sent.add(await handIn(bob, alice.id, random, sent.size + 1));
    };
    const killed: Record<string, number> = {};
    for (let kills = 0; kills < most; kills++) {
      await send(PER_KILL);
      const before = notes(env.NOTES).length;
      const wanted = before + random.u32() % PER_KILL;
      // Half of the time while the program runs.
      const isDue = random.u32() % 2 === 0
        ? () => notes(env.NOTES).length >= wanted && runningIn(notes(env.NOTES)) !== undefined
        : () => notes(env.NOTES).length >= wanted;
      const until = performance.now() + random.between(0, LIFE_MAX);
      while (!isDue() && performance.now() < until) await pause(5);
      const victim = random.pick(["on", "on", "peer", "program", "program"]);
      killed[victim] = (killed[victim] ?? 0) + 1;
      if (victim === "on") {
        on.signal("SIGKILL");
        troubles.push((await on.ended()).stderr);
        on = start();
        if (random.u32() % 2 === 0) await on.waitForStderr(waiting);
      } else if (victim === "peer") await kill(peerOf(state), "main.ts run", "earshot run");
      else await kill(runningIn(notes(env.NOTES)), program);
    }
    await end?.(bob);
    await pollUntil(
      () => new Set(done(notes(env.NOTES))).size === sent.size,
      () => `${sent.size} done; ${JSON.stringify(notes(env.NOTES).slice(-5))}\n${on.stderr}`,
    );
    // Nothing is left: another start has nothing to do but what comes then.
    assertEquals((await on.stop()).code, 0);
    const last = notes(env.NOTES).length;
    on = start();
    await on.waitForStderr(waiting);
    await send(1);
    await pollUntil(() => notes(env.NOTES).length >= last + 2, () => `what came last\n${on.stderr}`);
    assertEquals((await on.stop()).code, 0);
    const all = notes(env.NOTES);
    const order = arrivalsIn(state, subject);
    if (parallel === 1) judge(all, order);
    else judgeParallel(all, order, parallel, most);
    assertEquals(new Set(done(all)).size, order.length, "each was done");
    assertEquals(
      new Set(all.slice(last).map(({ id }) => id)),
      new Set([order.at(-1)!]),
      "what is marked rests",
    );
    console.log(
      `killed ${JSON.stringify(killed)}, ${sent.size} arrivals, ${all.length / 2} runs`,
    );
    return all;
  } catch (error) {
    const said = [...troubles, on.stderr].join("");
    const noted = notes(env.NOTES).map(({ what, id, pid }) => `${what} ${id} ${pid}`).join("\n");
    throw new Error(`seed ${random.seed}: ${(error as Error).message}\n${said}\n${noted}`, { cause: error });
  } finally {
    await on[Symbol.asyncDispose]();
    // A peer whose parent was killed ends by itself.
    await pollUntil(
      () => peerOf(state) === undefined || !isThere(state),
      () => "its peer",
    );
  }
}

/** @throws if an arrival began out of order, or again once it was marked */
function judge(all: readonly Note[], order: readonly string[]): void {
  const place = new Map(order.map((id, at) => [id, at]));
  let newest = -1;
  const finished = new Set<string>();
  for (const { what, id } of all) {
    const at = place.get(id)!;
    if (what === "done") finished.add(id);
    else {
      assert(at >= newest, `${at} ran again after ${newest} had begun, so it was marked`);
      for (let earlier = Math.max(newest, 0); earlier < at; earlier++) {
        assert(finished.has(order[earlier]!), `${at} began before ${earlier} was done`);
      }
      newest = at;
    }
  }
}

/** @throws if an arrival began before its turn, or more were repeated than ran when something was killed */
function judgeParallel(
  all: readonly Note[],
  order: readonly string[],
  parallel: number,
  kills: number,
): void {
  const place = new Map(order.map((id, at) => [id, at]));
  const finished = new Set<string>();
  let repeated = 0;
  for (const { what, id } of all) {
    if (what === "done") finished.add(id);
    else if (finished.has(id)) repeated++;
    else {
      const open = order.slice(0, place.get(id)).filter((earlier) => !finished.has(earlier));
      assert(open.length < parallel, `${place.get(id)} began before ${open.length} others were done`);
    }
  }
  assert(repeated <= parallel * kills, `${repeated} ran again`);
}

/** Ids of the documents or questions that arrived, in order. */
function arrivalsIn(state: string, subject: Scene["subject"]): string[] {
  using history = History.open(state, "")!;
  return history.arrivals(0, 1e6).filter(({ kind, question }) =>
    kind === "document" && (question !== undefined) === (subject === "ask")
  ).map(({ id }) => id);
}

function notes(path: string): Note[] {
  try {
    return Deno.readTextFileSync(path).split("\n").slice(0, -1).map((line) => {
      const [what, id, pid] = line.split(" ");
      return { what: what as Note["what"], id: id!, pid: Number(pid) };
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function done(all: readonly Note[]): string[] {
  return all.filter(({ what }) => what === "done").map(({ id }) => id);
}

/** The program that began last and is not done. */
function runningIn(all: readonly Note[]): number | undefined {
  const last = all.at(-1);
  return last?.what === "start" ? last.pid : undefined;
}

/** The process that has the state folder. */
function peerOf(state: string): number | undefined {
  try {
    return Number.parseInt(Deno.readTextFileSync(join(state, "pid"))) || undefined;
  } catch {
    return undefined;
  }
}

function isThere(state: string): boolean {
  using file = Deno.openSync(join(state, "lock"), { write: true });
  return !file.tryLockSync(true);
}

/** Kills a process whose command line has one of these: its number may be that of another one by now. */
async function kill(pid: number | undefined, ...names: string[]): Promise<void> {
  if (pid === undefined) return;
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "args=", "-p", `${pid}`] }).output();
  const line = new TextDecoder().decode(stdout);
  if (!names.some((name) => line.includes(name))) return;
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { /* it has ended */ }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
