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

/** Pause before a peer is started again after one made room for a full peer, milliseconds. */
const ROOM_MS = 500;

/** The peer in this process made room for a full one: the call is to be repeated there. */
class MadeRoomError extends HostGoneError {}

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
  readonly client?: Pick<ClientOptions, "patience" | "pid" | "isStarved" | "clock">;
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
        if (error instanceof MadeRoomError) {
          await new Promise<void>((resolve) => this.#clock.after(ROOM_MS, resolve));
        }
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
        clock: this.#clock,
        ...options,
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
  /** Calls that wait for an answer to a question: of this process, with what ends them, and of others. */
  readonly #asks = new Set<(error: Error) => void>();
  #remoteAsks = 0;
  /** Other calls of other processes. */
  #remoteCalls = 0;
  #remoteChanged: () => void = () => {};
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
    try {
      this.#server = await ControlServer.open({
        path,
        service: new Tracked(this.#peer.service, (call, made) => this.#remote(call, made)),
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
    const make = () => this.#peer.service.call(call, args);
    return call === "ask" ? this.#asked(make) : this.#counted(make);
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

  /** Waits for answers, unless the peer makes room before: a question may take longer than a full peer can wait. */
  async #asked<T>(call: () => Promise<T>): Promise<T> {
    const gone = Promise.withResolvers<never>();
    this.#asks.add(gone.reject);
    try {
      return await Promise.race([call(), gone.promise]);
    } finally {
      this.#asks.delete(gone.reject);
    }
  }

  /** Counts a call of another process. */
  async #remote<T>(call: CallName, made: Promise<T>): Promise<T> {
    const change = (by: 1 | -1) => {
      if (call === "ask") this.#remoteAsks += by;
      else this.#remoteCalls += by;
      this.#remoteChanged();
    };
    change(1);
    try {
      return await made;
    } finally {
      change(-1);
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
    for (const end of this.#asks) end(new MadeRoomError());
    // Nobody waits for the questions of others: those repeat them elsewhere.
    const onlyAsks = new Promise<void>((resolve) => {
      this.#remoteChanged = () => {
        if (this.#remoteAsks > 0 && this.#remoteCalls === 0) resolve();
      };
      this.#remoteChanged();
    });
    await Promise.race([server.drained(), onlyAsks]);
    // Whoever asked for room has the answer first.
    if (this.#yielding) await new Promise<void>((resolve) => this.#clock.after(PAUSE, resolve));
    linger.cancel();
    server.close();
    await this.#peer.close();
    for (const lost of [...this.#subscribers]) lost();
  }
}

/** A service that reports each call. */
class Tracked extends Service {
  constructor(
    private readonly service: Service,
    private readonly track: <T>(call: CallName, made: Promise<T>) => Promise<T>,
  ) {
    super();
  }

  override call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.track(call, this.service.call(call, args));
  }

  override subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    return this.service.subscribe(listener, lost);
  }
}
