import { dialLocal } from "../net/local_socket.ts";
import type { Connection } from "../net/types.ts";
import type { PeerEvent, PeerRef } from "../peer/types.ts";
import { type Clock, systemClock, type Timer } from "../platform/clock.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { LineError, LineWriter, readLines, REPLY_MAX, REQUEST_MAX } from "./lines.ts";
import type { EncodedArguments, Told } from "./parameters.ts";
import { type Answer, type Arguments, type CallName, encodeArguments, Service } from "./service.ts";

/** The peer behind the control socket left before it answered; the call may be repeated elsewhere. */
export class HostGoneError extends Error {}

/** How long a peer may be silent during a call, milliseconds. A working peer reports more often. */
export const SILENCE_MAX = 5_000;

/**
 * Checks within that time: several, because a client that was itself stopped must not blame the peer at its next check.
 */
const LOOKS = 5;

/** Most checks at which a silent peer may be starved before it is given up anyway. */
const STARVED_LOOKS = 12 * LOOKS;

/** A peer is running but does not answer: it is stopped or hangs. */
export class SilentPeerError extends UserError {
  /** @param pid process id of the peer */
  constructor(readonly pid: number | undefined) {
    super(
      `The running peer${
        pid === undefined ? "" : ` (process ${pid})`
      } does not answer: resume it if it is stopped ` +
        "(`fg` in its terminal), or end it.",
    );
  }
}

const TOO_LONG =
  `This is more than the running peer takes at once, ${REQUEST_MAX} bytes as JSON: make it shorter.`;

/** Options of {@linkcode ControlClient}. */
export interface ClientOptions {
  /** How long the peer may be silent during a call, milliseconds; default {@linkcode SILENCE_MAX}. */
  readonly patience?: number;
  /** Returns the peer's process id, for the user who has to end it. */
  readonly pid?: () => number | undefined;
  /** True if its process wanted to run since the last call but could not: such silence does not count. */
  readonly isStarved?: () => Promise<boolean>;
  readonly clock?: Clock;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly told?: Told;
}

/** A peer in another process, behind its control socket. */
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
    this.#writer = new LineWriter(connection, 64 * REQUEST_MAX, REQUEST_MAX);
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

  override call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.#request(call, encodeArguments(call, args));
  }

  override async subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    // A peer that leaves before it answers is told by the error alone: told twice, a caller would subscribe twice.
    const entry = { listener, lost: () => {} };
    this.#listeners.add(entry);
    try {
      await this.#request("subscribe");
    } catch (error) {
      this.#listeners.delete(entry);
      throw error;
    }
    if (this.#gone) throw new HostGoneError("the peer left");
    entry.lost = lost;
    return () => void this.#listeners.delete(entry);
  }

  /**
   * Asks a peer to make room for another one of the same profile once its work is done. Returns false if it does not: only
   * short-lived peers do, and those that stand in for another one.
   */
  async askToYield(): Promise<boolean> {
    return await this.#request("yield") === true;
  }

  /** Closes the connection. Pending calls fail with {@linkcode HostGoneError}. */
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
    try {
      this.#writer.send({ id, method, params });
    } catch (error) {
      // The peer would end the connection, and with it the calls of others.
      const isTooLong = error instanceof LineError;
      return Promise.reject(isTooLong ? new UserError(TOO_LONG, ExitCode.usage) : error);
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.set(id, { resolve: (result) => resolve(result as T), reject, told });
    if (this.#waiting.size === 1) this.#watch();
    return promise;
  }

  /** Fails the pending calls once the peer has been silent for too long. */
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
          // An exception of the listener must surface as its own, not as a fault of the connection.
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
      const { to, at, ...refusal } = line.deferred;
      return this.#waiting.get(line.id!)?.told?.deferred?.(to, refusal, at);
    }
    // A reply without an id rejects a line that was no valid request: all pending calls fail.
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
  /** True in a line that only reports that the peer works on the request. */
  readonly working?: true;
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly exitCode?: ExitCode };
  readonly event?: PeerEvent;
  readonly progress?: { readonly to: PeerRef; readonly bytes: number };
  readonly deferred?: {
    readonly to: PeerRef;
    readonly code: string;
    readonly why: string;
    readonly at?: number;
  };
}

function remoteError({ message, exitCode }: { message: string; exitCode?: ExitCode }): Error {
  return exitCode === undefined ? new Error(message) : new UserError(message, exitCode);
}
