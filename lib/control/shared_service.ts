import type { PeerEvent } from "../peer/types.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { LockHolder } from "../platform/lock.ts";
import { type ClientOptions, ControlClient, HostGoneError, SILENCE_MAX, SilentPeerError } from "./client.ts";
import { ControlServer } from "./server.ts";
import { type Answer, type Arguments, type CallName, Service } from "./service.ts";

/**
 * How long to look for a peer, or for the lock of the profile, before giving up, milliseconds. A process may hold the
 * lock without answering for {@linkcode SILENCE_MAX}. Time in which that process is starved does not count, up to a
 * limit.
 */
const PATIENCE = 15_000;
const STARVED_MAX = 60_000;

/** Pause between two attempts while another process starts or leaves, milliseconds. */
const PAUSE = 25;

/** How long a command whose work is done still accepts calls of other commands, milliseconds. */
const LINGER = 2_000;

/** A peer that runs in this process. */
export interface LocalPeer {
  readonly service: Service;
  /** Stops it; the lock of the state folder is free afterwards. */
  close(): Promise<void>;
}

/** Options of {@linkcode SharedService}. */
export interface SharedServiceOptions {
  /** Control socket of the profile. */
  readonly path: string;
  /** Starts a short-lived peer, or returns the holder of the profile's lock. */
  readonly start: () => Promise<LocalPeer | LockHolder>;
  /** Options for the connection to a running peer. */
  readonly client?: Pick<ClientOptions, "patience" | "pid" | "isStarved">;
  readonly clock?: Clock;
}

/**
 * The peer that a command uses: the running peer of the profile, through its control socket, or else a short-lived one
 * in this process, which also serves other commands of the profile. If the other process leaves during a call, the call
 * is repeated.
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

  override call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.#again((service) => service.call(call, args));
  }

  override subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    return this.#again((service) => service.subscribe(listener, lost));
  }

  /**
   * Ends the use of the peer.
   *
   * @param now true: a peer in this process abandons the other commands that use it; false: it serves them first
   */
  async close(now = false): Promise<void> {
    const place = await this.#place?.catch(() => undefined);
    this.#place = undefined;
    await place?.close(now);
  }

  /** Makes a call, and repeats it elsewhere if its peer leaves before it answers. */
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

  /** Connects to the running peer, or starts one here. */
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

/** A short-lived peer in this process, used by other commands too. */
class Host extends Service {
  readonly #peer: LocalPeer;
  readonly #clock: Clock;
  readonly #retired: () => void;
  readonly #subscribers = new Set<() => void>();
  #server: ControlServer | undefined;
  #calls = 0;
  #yielding = false;
  #closed: Promise<void> | undefined;

  /** @param retired called when it makes room for a full peer: later calls must go elsewhere */
  constructor(peer: LocalPeer, clock: Clock, retired: () => void) {
    super();
    this.#peer = peer;
    this.#clock = clock;
    this.#retired = retired;
  }

  /** Opens the control socket; stops the peer if that fails. */
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

  override call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.#counted(() => this.#peer.service.call(call, args));
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
    // Commands that use it repeat their calls elsewhere.
    if (now) this.#server?.close();
    return this.#closed ??= this.#close();
  }

  /** Makes a call; the peer does not make room before it ends. */
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
