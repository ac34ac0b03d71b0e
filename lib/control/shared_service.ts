import type { PeerEvent } from "../peer/types.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { LockHolder } from "../platform/lock.ts";
import { type ClientOptions, ControlClient, HostGoneError, SILENCE_MAX, SilentPeerError } from "./client.ts";
import { ControlServer } from "./server.ts";
import { type Answer, type Arguments, type CallName, Service } from "./service.ts";

/**
 * How long to look for a peer, or for the right to be one, before giving up; milliseconds. One process may hold that right
 * without answering for {@linkcode SILENCE_MAX}. Neither counts while that process is starved, up to the second.
 */
const PATIENCE = 15_000;
const STARVED_MAX = 60_000;

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

/** Options of a {@linkcode SharedService}. */
export interface SharedServiceOptions {
  /** Control socket of the profile. */
  readonly path: string;
  /** Starts a short-lived peer, or tells who holds the profile. */
  readonly start: () => Promise<LocalPeer | LockHolder>;
  /** How the peer that runs is asked. */
  readonly client?: Pick<ClientOptions, "patience" | "pid" | "isStarved">;
  readonly clock?: Clock;
}

/**
 * The peer of a profile for as long as a command needs it: the one that runs, reached through its control socket, or
 * else a short-lived one in this process, which then serves other commands of the profile as well. If the other
 * process leaves in the middle of a call, the call is made again.
 */
export class SharedService extends Service {
  readonly #options: SharedServiceOptions;
  readonly #clock: Clock;
  #place: Promise<ControlClient | Host> | undefined;

  constructor(options: SharedServiceOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  override ask<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.#again((service) => service.ask(call, args));
  }

  override subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    return this.#again((service) => service.subscribe(listener, lost));
  }

  /**
   * Ends it.
   *
   * @param now whether a peer in this process leaves at once the commands that lean on it; else it serves them first
   */
  async close(now = false): Promise<void> {
    const place = await this.#place?.catch(() => undefined);
    this.#place = undefined;
    await place?.close(now);
  }

  /** Makes a call, and makes it again elsewhere each time that its peer left before it answered. */
  async #again<T>(call: (service: Service) => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      const found = this.#place ??= this.#find();
      const forget = () => {
        if (this.#place === found) this.#place = undefined;
      };
      const place = await found.catch((error) => {
        forget();
        throw error;
      });
      try {
        return await call(place);
      } catch (error) {
        if (error instanceof SilentPeerError || error instanceof HostGoneError) forget();
        if (!(error instanceof HostGoneError) || tries === 20) throw error;
      }
    }
  }

  /** Finds the peer to call: the one that runs, or one that is started here. */
  async #find(): Promise<ControlClient | Host> {
    const { client: options = {} } = this.#options;
    const begin = this.#clock.now();
    let holder: number | undefined;
    let heldSince = begin;
    let starvedFor = 0;
    while (true) {
      const client = await ControlClient.connect(this.#options.path, {
        ...options,
        clock: this.#clock,
      });
      if (client !== undefined) return client;
      const started = await this.#options.start();
      if ("service" in started) {
        const host = new Host(started, this.#clock, () => this.#place = undefined);
        return await host.open(this.#options.path);
      }
      const now = this.#clock.now();
      if (started.pid !== holder) {
        holder = started.pid;
        heldSince = now;
        await options.isStarved?.();
      }
      if (now - heldSince > SILENCE_MAX && starvedFor < STARVED_MAX && await options.isStarved?.()) {
        starvedFor += now - heldSince;
        heldSince = now;
      }
      if (now - heldSince > SILENCE_MAX || now - begin > PATIENCE + starvedFor) {
        throw new SilentPeerError(started.pid);
      }
      await new Promise<void>((resolve) => this.#clock.after(PAUSE, resolve));
    }
  }
}

/** A short-lived peer in this process, which others lean on. */
class Host extends Service {
  readonly #peer: LocalPeer;
  readonly #clock: Clock;
  readonly #retired: () => void;
  readonly #subscribers = new Set<() => void>();
  #server: ControlServer | undefined;
  #calls = 0;
  #yielding = false;
  #closed: Promise<void> | undefined;

  /** @param retired called when it makes room for a full peer: calls must go elsewhere from then on */
  constructor(peer: LocalPeer, clock: Clock, retired: () => void) {
    super();
    this.#peer = peer;
    this.#clock = clock;
    this.#retired = retired;
  }

  /** Opens the control socket; ends the peer if that fails. */
  async open(path: string): Promise<this> {
    const { service } = this.#peer;
    try {
      this.#server = await ControlServer.open({
        path,
        service,
        clock: this.#clock,
        yieldAsked: () => this.#yield(),
      });
      return this;
    } catch (error) {
      await this.#peer.close();
      throw error;
    }
  }

  override ask<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.#counted(() => this.#peer.service.ask(call, args));
  }

  override subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    return this.#counted(async () => {
      const unsubscribe = await this.#peer.service.subscribe(listener, lost);
      this.#subscribers.add(lost);
      return () => {
        this.#subscribers.delete(lost);
        unsubscribe();
      };
    });
  }

  close(now: boolean): Promise<void> {
    // Whoever leans on it asks elsewhere.
    if (now) this.#server?.close();
    return this.#closed ??= this.#close();
  }

  /** Makes a call, before the end of which it makes no room. */
  async #counted<T>(call: () => Promise<T>): Promise<T> {
    this.#calls++;
    try {
      return await call();
    } finally {
      if (--this.#calls === 0 && this.#yielding) void this.close(false);
    }
  }

  #yield(): void {
    this.#yielding = true;
    this.#retired();
    if (this.#calls === 0) void this.close(false);
  }

  async #close(): Promise<void> {
    const server = this.#server!;
    const linger = this.#clock.after(this.#yielding ? 0 : LINGER, () => server.stopListening());
    await server.drained();
    linger.cancel();
    server.close();
    await this.#peer.close();
    for (const lost of [...this.#subscribers]) lost();
  }
}
