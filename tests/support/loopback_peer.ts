import { join } from "@std/path";
import { Peer } from "../../lib/mod.ts";
import type { PeerEvent, PeerOptions } from "../../lib/mod.ts";
import { patient, TIMEOUT } from "./patience.ts";

/** Peers in this process that talk over real sockets on loopback, in a group of their own. */
export class LoopbackPeers implements AsyncDisposable {
  readonly group = `test-${crypto.randomUUID().slice(0, 8)}`;
  readonly folder = Deno.makeTempDirSync({ prefix: "earshot-peer-" });
  readonly #peers: Peer[] = [];
  readonly #events = new Map<Peer, PeerEvent[]>();
  readonly #waiting = new Set<() => void>();

  /** Starts a peer; one of the same name again has the same state folder. */
  async start(name: string, options: PeerOptions = {}): Promise<Peer> {
    const events: PeerEvent[] = [];
    const peer = await Peer.start({
      name,
      group: this.group,
      port: 0,
      interfaces: ["lo"],
      state: join(this.folder, name),
      inbox: join(this.folder, `${name}-inbox`),
      onEvent: (event) => {
        events.push(event);
        for (const look of [...this.#waiting]) look();
      },
      ...options,
    });
    makePatient(peer);
    this.#events.set(peer, events);
    this.#peers.push(peer);
    return peer;
  }

  /** Everything that a peer told so far. */
  events(peer: Peer): PeerEvent[] {
    return this.#events.get(peer)!;
  }

  /** The first event that fits, waiting for it. */
  async event<E extends PeerEvent["event"]>(
    peer: Peer,
    name: E,
    fits: (event: PeerEvent & { event: E }) => boolean = () => true,
  ): Promise<PeerEvent & { event: E }> {
    const { promise, resolve } = Promise.withResolvers<PeerEvent & { event: E }>();
    const look = () => {
      const found = this.events(peer).find((event): event is PeerEvent & { event: E } =>
        event.event === name && fits(event as PeerEvent & { event: E })
      );
      if (found) resolve(found);
    };
    this.#waiting.add(look);
    look();
    try {
      return await patient(promise, () => `${name} event; there were ${JSON.stringify(this.events(peer))}`);
    } finally {
      this.#waiting.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Has a peer wait {@linkcode TIMEOUT} for acknowledgements where a test does not say how long. */
function makePatient(peer: Peer): void {
  const { send, say } = peer;
  // Tests of wrong arguments hand over anything.
  const isPlain = (options: unknown) =>
    typeof options === "object" && options !== null && Object.getPrototypeOf(options) === Object.prototype;
  peer.send = (document, options) =>
    send.call(peer, document, isPlain(options) ? { timeout: TIMEOUT, ...options } : options);
  peer.say = (text, options = {}) =>
    say.call(peer, text, isPlain(options) ? { timeout: TIMEOUT, ...options } : options);
}

/** A JSON document as bytes. */
export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
