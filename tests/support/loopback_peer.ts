import { join } from "@std/path";
import { Peer } from "../../lib/mod.ts";
import type { PeerEvent, PeerOptions } from "../../lib/mod.ts";

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
    this.#events.set(peer, events);
    this.#peers.push(peer);
    return peer;
  }

  /** Everything that a peer told so far. */
  events(peer: Peer): PeerEvent[] {
    return this.#events.get(peer)!;
  }

  /** The first event that fits, waiting for it at most 20 s. */
  event<E extends PeerEvent["event"]>(
    peer: Peer,
    name: E,
    fits: (event: PeerEvent & { event: E }) => boolean = () => true,
  ): Promise<PeerEvent & { event: E }> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.events(peer).find((event): event is PeerEvent & { event: E } =>
          event.event === name && fits(event as PeerEvent & { event: E })
        );
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${name} event within 20 s; there were ${JSON.stringify(this.events(peer))}`));
      }, 20_000);
      this.#waiting.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A JSON document as bytes. */
export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
