import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Step } from "../../lib/storage/testing.ts";
import type { Program } from "../support/program.ts";
import type { SeededRandom } from "../support/seeded_random.ts";
import { countWaiting, judge, judgeDatabase } from "./judge.ts";
import type { PeerProgramSettings } from "./peer_program.ts";
import { cutPower } from "./power.ts";
import { startPeer } from "./start_peer.ts";
import { type Sizes, Workload } from "./workload.ts";

/**
 * Every step at which a store can stand still; how often it is passed before, at most (a life is short); and the size of
 * a document, bytes, from which on it comes there.
 */
const STEPS: Readonly<Record<Step, { readonly passes: number; readonly from?: number }>> = {
  received: { passes: 6 },
  committed: { passes: 6 },
  written: { passes: 4 },
  linked: { passes: 4 },
  placed: { passes: 2 },
  durable: { passes: 0 },
  part: { passes: 12, from: 65_001 },
  "part-synced": { passes: 1, from: 4 * 1024 * 1024 },
  whole: { passes: 1, from: 65_001 },
};
/** Longest life of a peer that was to be killed at a step and did not come there, milliseconds. */
const LIFE_MAX = 1_000;
/** The same for a step that only a large document comes to. */
const LONG_LIFE_MAX = 3_000;
/** Longest time without an end of a message when the killing is over, milliseconds. */
const REST_MAX = 120_000;
/** Times the machine's clock, so that files are made durable and dialled again within the life of a peer. */
const SPEED = 10;

/** What to kill. */
export interface KillPlan {
  readonly kills: number;
  /** Messages in all. */
  readonly messages: number;
  readonly sizes: Sizes;
}

/** How it went. */
export interface KillFigures {
  readonly kills: number;
  /** How many of them at which step; `random` at another moment. */
  readonly at: Readonly<Record<string, number>>;
  /** Files that suffered from a power cut which came with a kill. */
  readonly damaged: number;
  readonly messages: number;
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Two peers that send each other everything, each in a process of its own, are killed with SIGKILL at random moments and
 * at steps of their stores, and with some of them the power fails: files that are not durable suffer. Fails unless each
 * has in the end every message of the other once.
 */
export async function killPeers(plan: KillPlan, random: SeededRandom): Promise<KillFigures> {
  const started = performance.now();
  const folder = await Deno.makeTempDir({ prefix: "earshot-kill-" });
  const group = `test-${crypto.randomUUID().slice(0, 8)}`;
  const peers = ["anna", "bert"].map((name) =>
    new Victim({ name, group, folder, seed: random.u32(), sizes: plan.sizes, speed: SPEED }, random)
  );
  const [anna, bert] = peers as [Victim, Victim];
  anna.other = bert;
  bert.other = anna;
  const at: Record<string, number> = {};
  const nextStep = stepsInTurn(plan.sizes, random);
  const where = `seed ${random.seed}`;
  try {
    for (const peer of peers) await peer.begin();
    let kills = 0;
    let damaged = 0;
    const perPeer = Math.ceil(plan.messages / 2);
    while (kills < plan.kills) {
      for (const peer of peers) {
        const average = (perPeer - peer.given) / Math.max(1, (plan.kills - kills) / 1.5);
        peer.live(
          Math.min(perPeer - peer.given, Math.round(random.between(0, 2 * average))),
          nextStep,
        );
      }
      const stopped = peers.find((peer) => peer.stop) ?? random.pick(peers);
      const moment = await stopped.momentToDie();
      const victims = random.u32() % 8 === 0 ? peers : [stopped];
      for (const victim of victims) {
        await victim.kill();
        kills++;
        if (random.u32() % 3 === 0) damaged += cutPower(victim.folders, random);
        const name = victim === stopped ? moment : "random";
        at[name] = (at[name] ?? 0) + 1;
      }
    }
    for (const peer of peers) {
      // It might stand still.
      if (peer.stop) await peer.kill();
      peer.live(perPeer - peer.given);
    }
    for (const peer of peers) await peer.finish();
    for (const peer of peers) await peer.end();
    let bytes = 0;
    for (const peer of peers) {
      for (const { body } of peer.work.items(peer.given)) bytes += body.length;
      judge(peer.other.folders, peer, peer.work.items(peer.given), `from ${peer.name}`);
      judgeDatabase(peer.folders, peer.name);
    }
    return {
      kills,
      at,
      damaged,
      messages: 2 * perPeer,
      bytes,
      seconds: (performance.now() - started) / 1000,
    };
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const peer of peers) await peer[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Gives steps in turn, each as often as the others, and now and then none: the moment is to be another one. */
function stepsInTurn(sizes: Sizes, random: SeededRandom): () => Step | undefined {
  const steps = (Object.keys(STEPS) as Step[]).filter((step) => sizes.max >= (STEPS[step].from ?? 0));
  const left: Step[] = [];
  return () => {
    if (random.u32() % 4 === 0) return undefined;
    if (left.length === 0) left.push(...steps);
    return left.splice(random.u32() % left.length, 1)[0];
  };
}

/** A peer that is started again whenever it was killed, and goes on with what was not yet promised. */
class Victim implements AsyncDisposable {
  readonly work: Workload;
  other!: Victim;
  id = "";
  /** Messages that it was ever given: those from 0. */
  given = 0;
  /** Those that were neither delivered nor taken into the outbox as far as it said. */
  readonly #open = new Set<number>();
  #program: Program | undefined;
  #read = 0;
  /** Where its store will stand still in this life. */
  stop: PeerProgramSettings["stop"];

  constructor(private readonly settings: PeerProgramSettings, private readonly random: SeededRandom) {
    this.work = new Workload(settings.seed, settings.sizes);
  }

  get name(): string {
    return this.settings.name;
  }

  get folders(): { state: string; inbox: string } {
    const path = join(this.settings.folder, this.name);
    return { state: path, inbox: `${path}-inbox` };
  }

  /** Its first life, in which it gets its identity. */
  async begin(): Promise<void> {
    this.#start();
    this.id = (await this.#program!.waitForJson({})).ready;
  }

  /** Makes sure that it lives, and hands it `count` more messages. A store that is started stands still at the next step. */
  live(count: number, nextStep?: () => Step | undefined): void {
    const more = Array.from({ length: count }, () => this.given++);
    for (const index of more) this.#open.add(index);
    if (this.#program) return this.#handIn(more);
    const { random } = this;
    const step = nextStep?.();
    this.stop = step && { step, passes: random.u32() % (STEPS[step].passes + 1) };
    this.#start();
    this.#handIn([...this.#open].sort((a, b) => a - b));
  }

  /** Waits for the step that was chosen, a number of answers, or a while. Returns what it was. */
  async momentToDie(): Promise<string> {
    const { random, stop } = this;
    const program = this.#program!;
    if (stop) {
      const life = STEPS[stop.step].from === undefined ? LIFE_MAX : LONG_LIFE_MAX;
      return await program.waitForJson({ stopped: stop.step }, life).then(
        () => stop.step,
        () => "random",
      );
    }
    if (random.u32() % 3 === 0) await pause(random.between(0, LIFE_MAX / 2));
    else {
      for (let answers = random.u32() % 20; answers > 0; answers--) {
        const fits = (line: string) => line.startsWith('{"index"');
        if (!await program.waitForLine(fits, LIFE_MAX / 3).catch(() => undefined)) break;
      }
    }
    return "random";
  }

  async kill(): Promise<void> {
    this.#program?.signal("SIGKILL");
    await this.#program?.ended();
    this.#listen();
    this.#program = undefined;
    this.stop = undefined;
  }

  /** Waits until everything that it was given has arrived. */
  async finish(): Promise<void> {
    let until = performance.now() + REST_MAX;
    for (let least = Infinity;;) {
      this.#listen();
      const left = this.#open.size + countWaiting(this.folders);
      if (left === 0) return;
      if (left < least) until = performance.now() + REST_MAX;
      least = Math.min(least, left);
      assert(performance.now() < until, `${this.name}: ${left} messages have no end`);
      await pause(50);
    }
  }

  /** Its last life ends in good order. */
  async end(): Promise<void> {
    await this.#program!.endInput();
    const { code, stderr } = await this.#program!.ended();
    assertEquals([code, stderr], [0, ""], this.name);
    this.#listen();
    this.#program = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }

  #start(): void {
    this.#program = startPeer({ ...this.settings, stop: this.stop });
    this.#read = 0;
  }

  #handIn(indices: readonly number[]): void {
    if (indices.length === 0) return;
    // It may be dead already: then the next life gets them.
    this.#program!.write(`${this.other.id} ${indices.join(" ")}\n`).catch(() => {});
  }

  /** Takes what it said since the last time. */
  #listen(): void {
    const lines = this.#program?.lines ?? [];
    for (; this.#read < lines.length; this.#read++) {
      const { index, status, why, warning, message } = JSON.parse(lines[this.#read]!);
      assertEquals(warning, undefined, `${this.name} warned: ${message}`);
      if (index === undefined) continue;
      assert(
        status === "delivered" || status === "queued",
        `${this.name}: message ${index} was ${status}: ${why}`,
      );
      this.#open.delete(index);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
