import type { Clock, Timer } from "../platform/clock.ts";
import { networkOf } from "./addresses.ts";
import { StreamConnection } from "./stream_connection.ts";
import type { Connection } from "./types.ts";

/** How long a connection may take, milliseconds. */
export interface HttpTimes {
  /** Time for a request to arrive, from its first byte or the connection's begin. */
  readonly request: number;
  /** Time from an answer to the next request: simple clients read until the end. */
  readonly between: number;
  /** Time for one write of 16 KiB to the client. Only closing the socket frees a client that stopped reading. */
  readonly write: number;
  /** True if a client that will send nothing more has left: simple clients say so and wait for the answer. */
  readonly isEndHeeded: boolean;
}

/** Time in which {@linkcode BODY_STEP} bytes of a body must arrive, milliseconds. */
const BODY_TIME = 30_000;
const BODY_STEP = 1024;
/** Bytes of one write to the client: few enough that a slow link takes them in time. */
const WRITE_BYTES = 16 * 1024;
/** Bytes of one read from the client. */
const READ_BYTES = 64 * 1024;
/** How long a client that has sent all may wait for the answer to begin, and one that is refused may send on. */
const LAST_TIME = 1000;

/** Text that the server sends before the answer; of itself sometimes, though nobody wants the body. */
const GO_ON = "HTTP/1.1 100 Continue\r\n\r\n";

/** The body of a request came too slowly, or stopped in the middle. */
export class BodyTimeout extends Error {
  override readonly name = "BodyTimeout";
}

/** A client's connection, piped to the server on loopback that speaks HTTP for us. */
export class HttpPipe {
  readonly network: string;
  /** Local port of our end of the inner connection, by which the server knows it; 0 before that is open. */
  port = 0;
  #inner: StreamConnection | undefined;
  #idle: Timer;
  #last: Timer | undefined;
  #requests = 0;
  /** True from an answer to the first byte after it. */
  #isBetween = false;
  #clientEnded = false;
  #awaitsBody = false;
  #innerEnded = false;
  /** True if the client is to send its body: known once the handler reads it, or has answered. */
  #goesOn = Promise.withResolvers<boolean>();
  /** Bodies that were read to their end. */
  readonly #read = new WeakSet<Request>();
  /** True if the client may still send a body that nobody reads: closing at once could destroy our answer. */
  #lingers = false;
  /** True if nothing more is taken after this answer. */
  #isLast = false;
  readonly #gone = new AbortController();

  constructor(
    readonly outer: Connection,
    private readonly clock: Clock,
    private readonly times: HttpTimes,
    private readonly ended: () => void,
  ) {
    this.network = networkOf(outer.remote.host);
    this.#idle = clock.after(times.request, () => this.close());
  }

  /** Aborted when the connection is closed. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** True if it waits for its next request. */
  get isIdle(): boolean {
    return this.#isBetween;
  }

  /** True if the server has no whole request of it: what it sent so far, if anything, was heeded by nobody. */
  get isSilent(): boolean {
    return this.#requests === 0 && !this.#lingers;
  }

  get #closed(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Connects to the server, tells `opened` the local port before any byte is sent there, and pipes until the end. */
  async run(server: Deno.NetAddr, opened: (port: number) => void): Promise<void> {
    try {
      const conn = await Deno.connect({ hostname: server.hostname, port: server.port });
      if (this.#closed) return conn.close();
      this.port = conn.localAddr.port;
      this.#inner = new StreamConnection(conn, { host: server.hostname, port: server.port });
      opened(this.port);
      conn.setNoDelay(true);
      await Promise.all([this.#toServer(this.#inner), this.#toClient(this.#inner)]);
    } catch {
      /* one of the two ends is gone, and so is the pipe */
    } finally {
      this.close();
    }
  }

  async #toServer(inner: Connection): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const n = await this.outer.read(buffer);
      if (n === null) break;
      if (this.#isBetween) {
        this.#isBetween = false;
        this.#closeAfter(this.times.request);
      }
      if (!this.#innerEnded) {
        try {
          await inner.write(buffer.subarray(0, n));
        } catch (error) {
          if (!this.#lingers) throw error;
        }
      }
    }
    // The server would take the end for a lost client, and not answer what it has in hand.
    this.#clientEnded = true;
    if (this.#innerEnded) this.close();
    else this.#closeWhenAnswered();
  }

  async #toClient(inner: Connection): Promise<void> {
    const buffer = new Uint8Array(WRITE_BYTES);
    for (;;) {
      const n = await inner.read(buffer).catch((error) => {
        if (this.#lingers) return null;
        throw error;
      });
      if (n === null) break;
      const from = await this.#startOf(buffer.subarray(0, n));
      if (from === n) continue;
      const timer = this.clock.after(this.times.write, () => this.close());
      try {
        await this.outer.write(buffer.subarray(from, n));
      } finally {
        timer.cancel();
      }
    }
    this.#innerEnded = true;
    if (this.#lingers && !this.#clientEnded) this.#afterLast(() => this.close());
    else this.close();
  }

  /** Returns where that begins which the client is to get: after a `100 Continue` for a body that nobody wants. */
  async #startOf(bytes: Uint8Array): Promise<number> {
    const isGoOn = String.fromCharCode(...bytes.subarray(0, GO_ON.length)) === GO_ON;
    return isGoOn && !await this.#goesOn.promise ? GO_ON.length : 0;
  }

  #closeWhenAnswered(): void {
    this.#afterLast(() => {
      if (this.#requests === 0 || this.#awaitsBody || this.times.isEndHeeded) this.close();
      else this.#closeWhenAnswered();
    });
  }

  #afterLast(work: () => void): void {
    this.#last?.cancel();
    if (!this.#closed) this.#last = this.clock.after(LAST_TIME, work);
  }

  /** Counts a request that the server has read the headers of. */
  began(): void {
    this.#requests++;
    this.#goesOn = Promise.withResolvers();
    this.#isBetween = false;
    this.#idle.cancel();
  }

  /** Counts an answer that the server has written, or given up. */
  completed(): void {
    if (--this.#requests > 0 || this.#closed) return;
    this.#isBetween = !this.#lingers;
    // The server may wait for the rest of a body that it was told not to read.
    this.#closeAfter(this.#lingers || this.#isLast ? LAST_TIME : this.times.between);
  }

  #closeAfter(time: number): void {
    this.#idle.cancel();
    if (!this.#closed) this.#idle = this.clock.after(time, () => this.close());
  }

  /** Notes that the handler has answered; if `isLast`, nothing more is taken through this connection. */
  answered(request: Request, isLast: boolean): void {
    this.#isLast ||= isLast;
    if (isLast) this.#refused(request);
    this.#goesOn.resolve(!this.#lingers);
  }

  #refused(request: Request): void {
    // Merely looking at request.body would make the server send `100 Continue`.
    const { headers } = request;
    const hasBody = headers.has("transfer-encoding") || Number(headers.get("content-length") ?? 0) > 0;
    this.#lingers ||= hasBody && !this.#read.has(request);
  }

  /** Reads the body of a request within the limits of time. */
  async *body(request: Request): AsyncGenerator<Uint8Array, void, void> {
    this.#goesOn.resolve(true);
    const reader = request.body?.getReader();
    if (!reader) return;
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {});
    const limit = () =>
      this.clock.after(BODY_TIME, () => late.reject(new BodyTimeout(`the body stopped for ${BODY_TIME} ms`)));
    let timer = limit();
    let step = 0;
    try {
      for (;;) {
        this.#awaitsBody = true;
        const { done, value } = await Promise.race([reader.read(), late.promise]);
        this.#awaitsBody = false;
        if (done) {
          this.#read.add(request);
          return;
        }
        step += value.length;
        // The time that the reader takes for a part does not count.
        if (step >= BODY_STEP) {
          timer.cancel();
          step = 0;
          yield value;
          timer = limit();
        } else {
          yield value;
        }
      }
    } finally {
      this.#awaitsBody = false;
      timer.cancel();
      reader.cancel().catch(() => {});
    }
  }

  /** Closes both connections at once. Harmless when closed. */
  close(): void {
    if (this.#closed) return;
    this.#gone.abort();
    this.#goesOn.resolve(false);
    this.#idle.cancel();
    this.#last?.cancel();
    this.outer.close();
    this.#inner?.close();
    this.ended();
  }
}
