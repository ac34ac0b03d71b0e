import { listenLocal } from "../net/local_socket.ts";
import type { Connection } from "../net/types.ts";
import { type Clock, systemClock, type Timer } from "../platform/clock.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { LineError, LineWriter, readLines, REPLY_MAX, REQUEST_MAX } from "./lines.ts";
import type { EncodedArguments, Told } from "./parameters.ts";
import { decodeArguments, isCall, type Service } from "./service.ts";

/** Most requests of one client that are processed at once; while there are so many, nothing is read from it. */
const REQUESTS_MAX = 64;

/** Shortest time between two progress reports to a client for one recipient, milliseconds. */
const PROGRESS_EVERY = 200;

/** Interval at which a client with a pending request is told that its peer works on it, milliseconds. */
const WORKING_EVERY = 250;

/** A client without requests for this long no longer delays the end of the server, milliseconds. */
const BETWEEN_CALLS = 1_000;

/** Options of {@linkcode ControlServer}. */
export interface ControlServerOptions {
  /** Path of the socket. */
  readonly path: string;
  /** Answers the calls. */
  readonly service: Service;
  /** Called when a starting peer of the same profile asks for its place; without it the peer stays. */
  readonly yieldAsked?: () => void;
  readonly clock?: Clock;
}

/** The control socket of a peer: lines of JSON, answered by its service. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #clock: Clock;
  readonly #clients = new Set<Client>();
  #listener: { close(): void } | undefined;
  #drained = new Set<() => void>();

  private constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Opens the socket. */
  static async open(options: ControlServerOptions): Promise<ControlServer> {
    const server = new ControlServer(options);
    server.#listener = await listenLocal(options.path, (connection) => server.#accept(connection));
    return server;
  }

  /** Resolves when no client has a pending request or made one within the last second. Subscribers do not count. */
  drained(): Promise<void> {
    if (!this.#busy()) return Promise.resolve();
    return new Promise((resolve) => this.#drained.add(resolve));
  }

  /** Accepts no new clients; connected ones stay. */
  stopListening(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Closes the socket and all clients. */
  close(): void {
    this.stopListening();
    for (const client of [...this.#clients]) client.close();
  }

  #accept(connection: Connection): void {
    const client = new Client(connection, this.#options, this.#clock, () => {
      if (client.closed) this.#clients.delete(client);
      if (this.#busy()) return;
      for (const resolve of this.#drained) resolve();
      this.#drained.clear();
    });
    this.#clients.add(client);
    void client.run();
  }

  #busy(): boolean {
    return [...this.#clients].some((client) => client.busy);
  }
}

/** One connection to the control socket. */
class Client {
  readonly #connection: Connection;
  readonly #options: ControlServerOptions;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #writer: LineWriter;
  #unanswered = 0;
  #answered: (() => void) | undefined;
  #pause: Timer | undefined;
  #working: Timer | undefined;
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  /** @param changed called when `busy` or `closed` may have changed */
  constructor(connection: Connection, options: ControlServerOptions, clock: Clock, changed: () => void) {
    this.#connection = connection;
    this.#options = options;
    this.#clock = clock;
    this.#changed = changed;
    this.#writer = new LineWriter(connection, REPLY_MAX);
    this.#waitForCall();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** True if it has a pending request, or made one so recently that another may follow. */
  get busy(): boolean {
    return !this.#closed &&
      (this.#unanswered > 0 || (this.#pause !== undefined && this.#unsubscribe === undefined));
  }

  /** Serves the client until it leaves or sends an invalid request. */
  async run(): Promise<void> {
    try {
      for await (const line of readLines(this.#connection, REQUEST_MAX)) {
        const request = parseRequest(line);
        while (this.#unanswered >= REQUESTS_MAX) {
          await new Promise<void>((resolve) => this.#answered = resolve);
        }
        void this.#serve(request);
      }
    } catch (error) {
      // Any other error means that the client left in the middle of a line.
      if (error instanceof LineError) {
        this.#writer.send({ error: { message: error.message, exitCode: ExitCode.usage } });
        await this.#writer.flush();
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
    this.#unsubscribe?.();
    this.#pause?.cancel();
    this.#working?.cancel();
    this.#changed();
  }

  async #serve({ id, method, params }: Request): Promise<void> {
    if (this.#unanswered++ === 0) this.#tellWorking();
    this.#pause?.cancel();
    this.#pause = undefined;
    try {
      const result = await this.#answer(method, { params, told: this.#tell(id) });
      this.#writer.send({ id, result: result ?? null });
    } catch (error) {
      const exitCode = error instanceof UserError ? error.exitCode : undefined;
      this.#writer.send({
        id,
        error: { message: error instanceof Error ? error.message : String(error), exitCode },
      });
    }
    this.#unanswered--;
    this.#answered?.();
    if (this.#unanswered === 0) this.#working?.cancel();
    if (this.#unanswered === 0 && !this.#closed) this.#waitForCall();
    // The answer must be written before the server may count as drained.
    await this.#writer.flush();
    this.#changed();
  }

  #tellWorking(): void {
    if (this.#closed) return;
    this.#working = this.#clock.after(WORKING_EVERY, () => {
      this.#writer.send({ working: true });
      this.#tellWorking();
    });
  }

  /** Returns callbacks that send the reports of the call with this id to the client. */
  #tell(id: number): Told {
    const told = new Map<string, number>();
    return {
      progress: (to, bytes) => {
        const now = this.#clock.now();
        if (now - (told.get(to.id) ?? -Infinity) < PROGRESS_EVERY) return;
        told.set(to.id, now);
        this.#writer.send({ id, progress: { to, bytes } });
      },
      deferred: (to, { code, why }, at) => this.#writer.send({ id, deferred: { to, code, why, at } }),
    };
  }

  async #answer(method: string, encoded: EncodedArguments): Promise<unknown> {
    if (method === "subscribe") return await this.#subscribe();
    if (method === "yield") {
      this.#options.yieldAsked?.();
      return this.#options.yieldAsked !== undefined;
    }
    if (isCall(method)) return await this.#options.service.call(method, decodeArguments(method, encoded));
    throw new UserError(
      `The running earshot does not know "${method}": it is another version; restart it.`,
      ExitCode.usage,
    );
  }

  async #subscribe(): Promise<void> {
    if (this.#unsubscribe !== undefined) return;
    const unsubscribe = await this.#options.service.subscribe(
      (event) => this.#writer.send({ event }),
      () => this.close(),
    );
    if (this.#closed) unsubscribe();
    else this.#unsubscribe = unsubscribe;
  }

  #waitForCall(): void {
    this.#pause = this.#clock.after(BETWEEN_CALLS, () => {
      this.#pause = undefined;
      this.#changed();
    });
  }
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: EncodedArguments["params"];
}

function parseRequest(line: string): Request {
  let value: Partial<Record<keyof Request, unknown>> | null;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new LineError("a request must be a line of JSON", { cause: error });
  }
  const { id, method, params = {} } = value ?? {};
  if (typeof id !== "number" || typeof method !== "string" || typeof params !== "object" || params === null) {
    throw new LineError('a request is {"id": number, "method": text, "params": object}');
  }
  return { id, method, params: params as Request["params"] };
}
