import type {
  DeliveryResult,
  DocumentOptions,
  PeerEvent,
  PeerInfo,
  PeerRef,
  SpooledDocument,
} from "../peer/types.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { LockHolder } from "../platform/lock.ts";
import { type ClientOptions, ControlClient, HostGoneError, SILENCE_MAX, SilentPeerError } from "./client.ts";
import { ControlServer } from "./server.ts";
import type { KnownPeer, SayOptions, Service, Status } from "./service.ts";

/**
 * How long to look for a peer, or for the right to be one, before giving up; milliseconds. One process may hold that right
 * without answering for {@linkcode SILENCE_MAX}.
 */
const PATIENCE = 15_000;

/** Pause between two looks while another process starts or leaves, milliseconds. */
const PAUSE = 25;

/** Once its own work is done, a command takes up new ones of others for so long, milliseconds. */
const LINGER = 2_000;

/** A peer that runs in this process. */
export interface LocalPeer {
  readonly service: Service;
  /** Ends it; the state folder is free afterwards. */
  close(): Promise<void>;
}

/** What a {@linkcode SharedService} needs. */
export interface SharedServiceOptions {
  /** Control socket of the profile. */
  readonly path: string;
  /** Starts a short-lived peer, or tells who holds the profile. */
  readonly start: () => Promise<LocalPeer | LockHolder>;
  /** How the peer that runs is asked. */
  readonly client?: Pick<ClientOptions, "patience" | "pid">;
  readonly clock?: Clock;
}

/**
 * The peer of a profile for as long as a command needs it: the one that runs, reached through its control socket, or
 * else a short-lived one in this process, which then serves other commands of the profile as well. Where the other
 * process leaves in the middle of a call, the call is made again.
 */
export class SharedService implements Service {
  readonly #options: SharedServiceOptions;
  readonly #clock: Clock;
  #place: Promise<Place> | undefined;

  constructor(options: SharedServiceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  status(): Promise<Status> {
    return this.#call((service) => service.status());
  }

  peers(): Promise<PeerInfo[]> {
    return this.#call((service) => service.peers());
  }

  resolve(target: string, timeout: number): Promise<PeerRef> {
    return this.#call((service) => service.resolve(target, timeout));
  }

  everyone(wait?: number): Promise<PeerRef[]> {
    return this.#call((service) => service.everyone(wait));
  }

  say(text: string, options: SayOptions): Promise<DeliveryResult[]> {
    return this.#call((service) => service.say(text, options));
  }

  send(document: Uint8Array | SpooledDocument, options: DocumentOptions): Promise<DeliveryResult[]> {
    return this.#call((service) => service.send(document, options));
  }

  known(): Promise<KnownPeer[]> {
    return this.#call((service) => service.known());
  }

  trust(target: string): Promise<PeerRef> {
    return this.#call((service) => service.trust(target));
  }

  forget(target: string): Promise<PeerRef> {
    return this.#call((service) => service.forget(target));
  }

  block(target: string): Promise<PeerRef> {
    return this.#call((service) => service.block(target));
  }

  met(peer: PeerRef): Promise<void> {
    return this.#call((service) => service.met(peer));
  }

  subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    return this.#call((_, place) => place.subscribe(listener, lost));
  }

  /**
   * Ends it.
   *
   * @param now whether a peer in this process leaves at once the commands that lean on it; else it serves them first
   */
  async close(now = false): Promise<void> {
    const place = await this.#place?.catch(() => undefined);
    this.#place = undefined;
    await place?.leave(now);
  }

  async #call<T>(ask: (service: Service, place: Place) => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      const found = this.#place ??= this.#find();
      const place = await found.catch((error) => {
        this.#place = undefined;
        throw error;
      });
      place.enter();
      try {
        return await ask(place.service, place);
      } catch (error) {
        if (error instanceof SilentPeerError && this.#place === found) this.#place = undefined;
        if (!(error instanceof HostGoneError) || tries === 20) throw error;
      } finally {
        place.exit();
      }
      if (this.#place === found) this.#place = undefined;
    }
  }

  async #find(): Promise<Place> {
    const begin = this.#clock.now();
    let holder: number | undefined;
    let heldSince = begin;
    while (true) {
      const client = await ControlClient.connect(this.#options.path, {
        ...this.#options.client,
        clock: this.#clock,
      });
      if (client !== undefined) return new RemotePlace(client);
      const started = await this.#options.start();
      if ("service" in started) return await this.#host(started);
      const now = this.#clock.now();
      if (started.pid !== holder) {
        holder = started.pid;
        heldSince = now;
      }
      if (now - heldSince > SILENCE_MAX || now - begin > PATIENCE) throw new SilentPeerError(started.pid);
      await new Promise<void>((resolve) => this.#clock.after(PAUSE, resolve));
    }
  }

  async #host(peer: LocalPeer): Promise<Place> {
    try {
      const place = new LocalPlace(peer, this.#clock, () => this.#place = undefined);
      await place.open(this.#options.path);
      return place;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }
}

/** Where the calls go. */
interface Place {
  readonly service: Service;
  /** A call begins. */
  enter(): void;
  /** A call is over. */
  exit(): void;
  subscribe: Service["subscribe"];
  leave(now: boolean): Promise<void>;
}

class RemotePlace implements Place {
  constructor(readonly service: ControlClient) {}

  enter(): void {}

  exit(): void {}

  subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    return this.service.subscribe(listener, lost);
  }

  leave(): Promise<void> {
    this.service.close();
    return Promise.resolve();
  }
}

/** A short-lived peer in this process, which others lean on. */
class LocalPlace implements Place {
  readonly service: Service;
  readonly #peer: LocalPeer;
  readonly #clock: Clock;
  readonly #retired: () => void;
  readonly #subscribers = new Set<() => void>();
  #server: ControlServer | undefined;
  #calls = 0;
  #yielding = false;
  #left: Promise<void> | undefined;

  /** @param retired called when it makes room for a full peer: calls must go elsewhere from then on */
  constructor(peer: LocalPeer, clock: Clock, retired: () => void) {
    this.#peer = peer;
    this.#clock = clock;
    this.#retired = retired;
    this.service = peer.service;
  }

  async open(path: string): Promise<void> {
    this.#server = await ControlServer.open({
      path,
      service: this.#peer.service,
      clock: this.#clock,
      yieldAsked: () => {
        this.#yielding = true;
        this.#retired();
        if (this.#calls === 0) void this.leave(false);
      },
    });
  }

  enter(): void {
    this.#calls++;
  }

  exit(): void {
    if (--this.#calls === 0 && this.#yielding) void this.leave(false);
  }

  async subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    const unsubscribe = await this.service.subscribe(listener, lost);
    this.#subscribers.add(lost);
    return () => {
      this.#subscribers.delete(lost);
      unsubscribe();
    };
  }

  leave(now: boolean): Promise<void> {
    // Whoever leans on it asks elsewhere.
    if (now) this.#server?.close();
    return this.#left ??= this.#leave();
  }

  async #leave(): Promise<void> {
    const server = this.#server!;
    const linger = this.#clock.after(this.#yielding ? 0 : LINGER, () => server.stopListening());
    await server.drained();
    linger.cancel();
    server.close();
    await this.#peer.close();
    for (const lost of [...this.#subscribers]) lost();
  }
}
