import { dialLocal } from "../net/local_socket.ts";
import type { Connection } from "../net/types.ts";
import type { PeerEvent, PeerRef } from "../peer/types.ts";
import { type Clock, systemClock, type Timer } from "../platform/clock.ts";
import { type ExitCode, UserError } from "../platform/user_error.ts";
import { LineWriter, readLines, REPLY_MAX, REQUEST_MAX } from "./lines.ts";
import type { EncodedArguments, Told } from "./parameters.ts";
import { type Answer, type Arguments, type CallName, encodeArguments, Service } from "./service.ts";

/** The peer behind the control socket left before it answered: what was asked may be asked again elsewhere. */
export class HostGoneError extends Error {}

/** How long a peer may be silent while it is asked something, milliseconds. One that works says so more often. */
export const SILENCE_MAX = 5_000;

/** Looks in that time: a client that was itself stopped for a while must not blame the peer at its next look. */
const LOOKS = 5;

/** Looks at which a peer that says nothing may be starved before it is given up all the same. */
const STARVED_LOOKS = 12 * LOOKS;

/** A peer is there, and does not answer: it is stopped, or hangs. */
export class SilentPeerError extends UserError {
  /** @param pid its process */
  constructor(readonly pid: number | undefined) {
    super(
      `The running peer${
        pid === undefined ? "" : ` (process ${pid})`
      } does not answer: resume it if it is stopped ` +
        "(`fg` in its terminal), or end it.",
    );
  }
}

/** How a {@linkcode ControlClient} treats its peer. */
export interface ClientOptions {
  /** How long it may be silent while it is asked something, milliseconds; {@linkcode SILENCE_MAX} unless told. */
  readonly patience?: number;
  /** Tells its process, for the one who has to end it. */
  readonly pid?: () => number | undefined;
  /** True if its process wanted to run since the last call, and could not: that is no silence. */
  readonly isStarved?: () => Promise<boolean>;
  readonly clock?: Clock;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly told?: Told;
}

/** A peer in another process, through its control socket. */
export class ControlClient extends Service {
  readonly #connection: Connection;
  readonly #writer: LineWriter;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<{ listener: (event: PeerEvent) => void; lost: () => void }>();
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  #nextId = 1;
  #gone = false;
  #silentLooks = 0;
  #starvedLooks = 0;
  #look: Timer | undefined;

  private constructor(connection: Connection, options: ClientOptions) {
    super();
    this.#connection = connection;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#writer = new LineWriter(connection, 64 * REQUEST_MAX);
    void this.#read();
  }

  /** Connects; undefined if no peer listens at `path`. */
  static async connect(path: string, options: ClientOptions = {}): Promise<ControlClient | undefined> {
    try {
      return new ControlClient(await dialLocal(path), options);
    } catch {
      return undefined;
    }
  }

  override ask<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.#request(call, encodeArguments(call, args));
  }

  override async subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    const entry = { listener, lost };
    this.#listeners.add(entry);
    await this.#request("subscribe");
    return () => void this.#listeners.delete(entry);
  }

  /** Asks a short-lived peer to make room for a full one of the same profile as soon as its work is done. */
  async askToYield(): Promise<void> {
    await this.#request("yield");
  }

  /** Leaves. What waits for an answer fails with {@linkcode HostGoneError}. */
  close(): void {
    this.#look?.cancel();
    this.#listeners.clear();
    this.#connection.close();
  }

  #request<T>(
    method: CallName | "subscribe" | "yield",
    { params, told }: Partial<EncodedArguments> = {},
  ): Promise<T> {
    if (this.#gone) return Promise.reject(new HostGoneError());
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.set(id, { resolve: (result) => resolve(result as T), reject, told });
    this.#writer.send({ id, method, params });
    if (this.#waiting.size === 1) this.#watch();
    return promise;
  }

  /** Fails what waits for an answer once the peer has been silent for too long. */
  #watch(): void {
    this.#look?.cancel();
    this.#silentLooks = this.#starvedLooks = 0;
    this.#lookLater();
  }

  #lookLater(): void {
    const timer = this.#clock.after((this.#options.patience ?? SILENCE_MAX) / LOOKS, async () => {
      const isStarved = this.#starvedLooks < STARVED_LOOKS && await this.#options.isStarved?.() === true;
      if (this.#look !== timer || this.#waiting.size === 0) return;
      if (isStarved) this.#starvedLooks++;
      else this.#silentLooks++;
      if (this.#silentLooks < LOOKS) this.#lookLater();
      else this.#end(new SilentPeerError(this.#options.pid?.()));
    });
    this.#look = timer;
  }

  async #read(): Promise<void> {
    try {
      for await (const line of readLines(this.#connection, REPLY_MAX)) {
        const reply = JSON.parse(line);
        try {
          this.#take(reply);
        } catch (error) {
          // A fault of the listener is its owner's to see.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    } catch { /* the same as its end */ }
    this.#end(new HostGoneError("the peer left"));
  }

  #end(why: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#look?.cancel();
    this.#connection.close();
    for (const waiting of this.#waiting.values()) waiting.reject(why);
    this.#waiting.clear();
    for (const { lost } of [...this.#listeners]) lost();
  }

  #take(line: Reply): void {
    this.#silentLooks = this.#starvedLooks = 0;
    if (line.working) return;
    if (line.event !== undefined) {
      for (const { listener } of [...this.#listeners]) listener(line.event);
      return;
    }
    if (line.progress !== undefined) {
      return this.#waiting.get(line.id!)?.told?.progress?.(line.progress.to, line.progress.bytes);
    }
    if (line.deferred !== undefined) {
      const { to, ...refusal } = line.deferred;
      return this.#waiting.get(line.id!)?.told?.deferred?.(to, refusal);
    }
    // A complaint about a line that was no request has no id: whatever waits is lost.
    const ids = line.id === undefined ? [...this.#waiting.keys()] : [line.id];
    for (const id of ids) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (line.error === undefined) waiting?.resolve(line.result);
      else waiting?.reject(remoteError(line.error));
    }
  }
}

interface Reply {
  /** Nothing but that the peer works on what was asked. */
  readonly working?: true;
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly exitCode?: ExitCode };
  readonly event?: PeerEvent;
  readonly progress?: { readonly to: PeerRef; readonly bytes: number };
  readonly deferred?: { readonly to: PeerRef; readonly code: string; readonly why: string };
}

function remoteError({ message, exitCode }: { message: string; exitCode?: ExitCode }): Error {
  return exitCode === undefined ? new Error(message) : new UserError(message, exitCode);
}
