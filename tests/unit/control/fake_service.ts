import { join } from "@std/path";
import type { KnownPeer, Service, Status } from "../../../lib/control/service.ts";
import type {
  DeliveryResult,
  DocumentOptions,
  PeerEvent,
  PeerInfo,
  PeerRef,
  SpooledDocument,
} from "../../../lib/peer/types.ts";

/** A peer within earshot of the fake one. */
export const BOB: PeerRef = { id: "b".repeat(24), name: "bob" };

/** A peer that does at once, or when the test says so, what is asked of it, and remembers it. */
export class FakeService implements Service {
  /** Calls, in order. */
  readonly calls: unknown[][] = [];
  readonly listeners = new Set<(event: PeerEvent) => void>();
  readonly lost = new Set<() => void>();
  /** Awaited by every call before it answers. */
  gate: Promise<void> = Promise.resolve();
  /** Thrown by every call. */
  error: Error | undefined;
  roster: PeerInfo[] = [];
  /** What a document's recipient is said to have, one after another, during `send`. */
  progress: number[] = [];
  /** Why it is said not to take it now, during `send`. */
  deferred: { readonly code: string; readonly why: string } | undefined;

  constructor(readonly brief = false) {}

  status(): Promise<Status> {
    return this.#answer(["status"], {
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
        accept: "everyone",
        maxSize: 1,
        quota: 1,
        keepDays: 90,
        keepSize: 1,
        outboxDays: 7,
      },
      uptime: 60_000,
    });
  }

  peers(): Promise<PeerInfo[]> {
    return this.#answer(["peers"], this.roster);
  }

  resolve(target: string, timeout: number): Promise<PeerRef> {
    return this.#answer(["resolve", target, timeout], BOB);
  }

  everyone(wait?: number): Promise<PeerRef[]> {
    return this.#answer(["everyone", wait], [BOB]);
  }

  say(text: string, options: { id?: string }): Promise<DeliveryResult[]> {
    return this.#answer(["say", text, options], [{ id: options.id ?? "", to: BOB, status: "delivered" }]);
  }

  send(document: Uint8Array | SpooledDocument, options: DocumentOptions): Promise<DeliveryResult[]> {
    for (const bytes of this.progress) options.progress?.(BOB, bytes);
    if (this.deferred) options.deferred?.(BOB, this.deferred);
    return this.#answer(["send", document, options], [{
      id: options.id ?? "",
      to: BOB,
      status: "delivered",
    }]);
  }

  known(): Promise<KnownPeer[]> {
    return this.#answer(["known"], []);
  }

  trust(target: string): Promise<PeerRef> {
    return this.#answer(["trust", target], BOB);
  }

  forget(target: string): Promise<PeerRef> {
    return this.#answer(["forget", target], BOB);
  }

  block(target: string): Promise<PeerRef> {
    return this.#answer(["block", target], BOB);
  }

  met(peer: PeerRef): Promise<void> {
    return this.#answer(["met", peer], undefined);
  }

  subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    this.listeners.add(listener);
    this.lost.add(lost);
    return this.#answer(["subscribe"], () => void this.listeners.delete(listener));
  }

  async #answer<T>(call: unknown[], answer: T): Promise<T> {
    this.calls.push(call);
    await this.gate;
    if (this.error !== undefined) throw this.error;
    return answer;
  }
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
