import type { Peer } from "../peer/peer.ts";
import type {
  DeliveryResult,
  DocumentOptions,
  PeerEvent,
  PeerInfo,
  PeerRef,
  SpooledDocument,
} from "../peer/types.ts";
import type { KnownPeer, SayOptions, Service, Status } from "./service.ts";

/** A peer in this process as a {@linkcode Service}. */
export class PeerService implements Service {
  readonly #peer: Peer;
  readonly #startedAt = performance.now();

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  status(): Promise<Status> {
    const { brief, id, name, group, port, interfaces, inbox, state, settings } = this.#peer;
    return Promise.resolve({
      pid: Deno.pid,
      brief,
      id,
      name,
      group: group.name,
      closed: group.sessionKey !== undefined,
      port,
      addresses: this.#peer.addresses(),
      interfaces,
      inbox,
      state,
      settings,
      uptime: performance.now() - this.#startedAt,
    });
  }

  peers(): Promise<PeerInfo[]> {
    return Promise.resolve(this.#peer.peers());
  }

  resolve(target: string, timeout: number): Promise<PeerRef> {
    return this.#peer.resolve(target, timeout);
  }

  everyone(wait?: number): Promise<PeerRef[]> {
    return this.#peer.everyone(wait);
  }

  say(text: string, options: SayOptions): Promise<DeliveryResult[]> {
    return this.#peer.say(text, options);
  }

  send(document: Uint8Array | SpooledDocument, options: DocumentOptions): Promise<DeliveryResult[]> {
    return this.#peer.send(document, options);
  }

  known(): Promise<KnownPeer[]> {
    return Promise.resolve(this.#peer.known());
  }

  trust(target: string): Promise<PeerRef> {
    return this.#peer.trust(target);
  }

  forget(target: string): Promise<PeerRef> {
    return this.#peer.forget(target);
  }

  block(target: string): Promise<PeerRef> {
    return this.#peer.block(target);
  }

  met(peer: PeerRef): Promise<void> {
    return this.#peer.met(peer);
  }

  subscribe(listener: (event: PeerEvent) => void, _lost: () => void): Promise<() => void> {
    return Promise.resolve(this.#peer.on(listener));
  }
}
