import { join } from "@std/path";
import { type Answer, type Arguments, type CallName, Service } from "../../../lib/control/service.ts";
import type { DeliveryResult, PeerEvent, PeerInfo, PeerRef } from "../../../lib/peer/types.ts";

/** A peer within earshot of the fake one. */
export const BOB: PeerRef = { id: "b".repeat(24), name: "bob" };

/** How a fake peer answers calls. */
type Answers = { [C in CallName]?: (...args: Arguments<C>) => Answer<C> | Promise<Answer<C>> };

/** A peer that does at once, or when the test says so, what is asked of it, and remembers it. */
export class FakeService extends Service {
  /** Calls, in order. */
  readonly calls: unknown[][] = [];
  /** Most calls that were unanswered at one time. */
  mostUnanswered = 0;
  readonly listeners = new Set<(event: PeerEvent) => void>();
  /** Awaited by every call before it answers. */
  gate: Promise<void> = Promise.resolve();
  /** Thrown by every call. */
  error: Error | undefined;
  roster: PeerInfo[] = [];
  /** What a document's recipient is said to have, one after another, during `send`. */
  progress: number[] = [];
  /** Why it is said not to take it now, during `send`. */
  deferred: { readonly code: string; readonly why: string } | undefined;
  /** A test may put its own in their place. */
  readonly answers: Answers = {
    status: () => ({
      pid: 1,
      brief: this.brief,
      id: "a".repeat(24),
      name: "alice",
      group: "earshot",
      closed: false,
      port: 3333,
      addresses: [],
      interfaces: [],
      inbox: "",
      state: "",
      settings: {
        port: 3333,
        interfaces: [],
        peers: [],
        accept: "everyone",
        maxSize: 1,
        quota: 1,
        keepDays: 90,
        keepSize: 1,
        outboxDays: 7,
      },
      uptime: 60_000,
    }),
    peers: () => this.roster,
    resolve: () => BOB,
    everyone: () => [BOB],
    say: (_, { id }) => delivered(id),
    send: (_, options) => {
      for (const bytes of this.progress) options.progress?.(BOB, bytes);
      if (this.deferred) options.deferred?.(BOB, this.deferred);
      return delivered(options.id);
    },
    sendSeries: (documents, { ids, ...options }) =>
      Promise.all(documents.map(async (document, at) => ({
        results: await this.answers.send!(document, { ...options, id: ids[at] }),
      }))),
    ask: (_, { id = "" }) => [{ id, to: BOB, status: "answered", text: "1" }],
    answer: () => true,
    known: () => [],
    trust: () => BOB,
    forget: () => BOB,
    block: () => BOB,
  };
  #unanswered = 0;

  constructor(readonly brief = false) {
    super();
  }

  override async call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    this.calls.push([call, ...args]);
    this.mostUnanswered = Math.max(this.mostUnanswered, ++this.#unanswered);
    try {
      const answer = this.answers[call]?.(...args);
      await this.#pass();
      return await answer as Answer<C>;
    } finally {
      this.#unanswered--;
    }
  }

  override async subscribe(listener: (event: PeerEvent) => void): Promise<() => void> {
    this.listeners.add(listener);
    this.calls.push(["subscribe"]);
    await this.#pass();
    return () => void this.listeners.delete(listener);
  }

  async #pass(): Promise<void> {
    await this.gate;
    if (this.error !== undefined) throw this.error;
  }
}

function delivered(id = ""): DeliveryResult[] {
  return [{ id, to: BOB, status: "delivered" }];
}

/** Makes a folder for a control socket, hands `fn` the path of the socket, and removes the folder. */
export async function withSocket(fn: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(join(folder, "control.sock"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Waits until `condition` holds, looked at after each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > 10_000) throw new Error("it never came to that");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
