import type { ControlClient } from "../../control/client.ts";
import type { PeerEvent, PeerInfo } from "../../peer/types.ts";
import { aborted, type Context, remark } from "../command.ts";
import { oneLine } from "../terminal/text.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Plan } from "./plan.ts";
import type { Job, Runner } from "./runner.ts";

/** Most changes that wait for the program. */
const WAITING_MAX = 4096;

type Change = Omit<PeerEvent & { readonly event: "peer" }, "at">;

/** Work on peers: the program runs for each that is there, comes, goes or changes. */
export class Visits {
  readonly #context: Context;
  readonly #plan: Plan;
  readonly #runner: Runner;
  readonly #link: PeerLink;
  readonly #states = new Map<string, Change["state"]>();
  readonly #waiting: Change[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #running = 0;
  #stopped = false;
  #idle = Promise.withResolvers<void>();

  constructor(context: Context, plan: Plan, runner: Runner, link: PeerLink) {
    this.#context = context;
    this.#plan = plan;
    this.#runner = runner;
    this.#link = link;
    this.#failed.promise.catch(() => {});
  }

  /** Takes who is there now. */
  async connected(client: ControlClient): Promise<void> {
    const here = new Map((await client.peers()).map((peer) => [peer.id, peer]));
    for (const peer of here.values()) {
      if (peer.state !== "gone" || this.#states.has(peer.id)) this.#note(changeOf(peer));
    }
    for (const [id, state] of [...this.#states]) {
      if (!here.has(id) && state !== "gone") this.#states.delete(id);
    }
  }

  event(event: PeerEvent): void {
    if (event.event !== "peer") return;
    const { at: _, ...change } = event;
    this.#note(change);
  }

  /** Works until it is stopped, and the programs that run then have ended. @throws {UserError} no program, no peer */
  async run(stop: AbortSignal): Promise<void> {
    try {
      await Promise.race([aborted(stop), this.#failed.promise]);
    } finally {
      this.#stopped = true;
    }
    if (this.#running > 0) await this.#idle.promise;
  }

  close(): void {}

  #note(change: Change): void {
    const { id, state } = change;
    if (state !== "renamed") {
      if (this.#states.get(id) === state) return;
      this.#states.delete(id);
      this.#states.set(id, state);
      if (this.#states.size > WAITING_MAX) this.#states.delete(this.#states.keys().next().value!);
    }
    if (this.#waiting.push(change) > WAITING_MAX) {
      const { name } = this.#waiting.shift()!;
      remark(this.#context, `earshot: Skipped the peer ${oneLine(name)}: too many wait for the program.`);
    }
    this.#start();
  }

  #start(): void {
    while (this.#running < this.#plan.parallel && this.#waiting.length > 0 && !this.#stopped) {
      void this.#work(this.#waiting.shift()!).catch((error) => this.#failed.reject(error));
    }
  }

  async #work(change: Change): Promise<void> {
    this.#running++;
    try {
      if (this.#plan.from !== undefined) {
        const known = await this.#link.call((client) => client.known());
        if (!this.#plan.isFrom(change, known)) return;
      }
      await this.#runner.run(jobOf(change));
    } finally {
      this.#running--;
      if (this.#running === 0 && this.#stopped) this.#idle.resolve();
      this.#start();
    }
  }
}

function changeOf({ id, name, kind, address, state, why }: PeerInfo): Change {
  return { event: "peer", state, id, name, kind, address, why };
}

function jobOf(change: Change): Job {
  const { id, name, state } = change;
  const input = [new TextEncoder().encode(JSON.stringify(change) + "\n")];
  const variables = {
    EARSHOT_EVENT: "peer",
    EARSHOT_FROM: name,
    EARSHOT_FROM_ID: id,
    EARSHOT_PEER_STATE: state,
  };
  return {
    title: `the peer ${oneLine(name)} (${state})`,
    material: () => Promise.resolve({ variables, input }),
  };
}
