import type { Clock } from "../platform/clock.ts";
import { largestCrowd, networkOf, plainHost } from "./addresses.ts";
import { BodyTimeout, HttpPipe, type HttpTimes } from "./http_pipe.ts";
import type { Connection } from "./types.ts";

export { BodyTimeout };

/** Limits of a server. */
export interface HttpLimits extends HttpTimes {
  /** Most connections at one time. Each takes three file descriptors. */
  readonly connections: number;
  /** Most connections from one network (lib/net/addresses.ts) at one time. */
  readonly each: number;
  /**
   * The connection that gives way to one too many: the oldest of the network with most of them, or the oldest that
   * waits for its next request, or else for its first; if none does, the new one gets 503.
   */
  readonly givesWay: "crowd" | "idle";
}

/** Limits for programs of the network. */
export const GATEWAY_LIMITS: HttpLimits = {
  connections: 64,
  each: 16,
  givesWay: "crowd",
  request: 30_000,
  between: 5_000,
  write: 2_000,
  isEndHeeded: false,
};

/**
 * Limits for browsers: they keep connections open between requests, and answers may last for ever. A browser that takes
 * nothing for so long is asleep or dead.
 */
export const PAGE_LIMITS: HttpLimits = {
  connections: 64,
  each: 64,
  givesWay: "idle",
  request: 30_000,
  between: 60_000,
  write: 20_000,
  isEndHeeded: true,
};

/** A request, and what no header can tell of it. */
export interface HttpExchange {
  readonly request: Request;
  /** Address of the sender, without zone. */
  readonly from: string;
  /** Our own address of the connection, without zone; undefined if it has none. */
  readonly localHost?: string;
  /**
   * The body, to be read at most once; use it in place of `request.body`. `100 Continue` is sent when it is first read.
   *
   * @throws {BodyTimeout} less than 1 KiB came in 30 s
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the answer is written, or its connection is gone. */
  readonly ended: AbortSignal;
}

/**
 * Answers a request. A response with `connection: close` ends the connection: give it if the body was not read to its
 * end. Must not throw.
 */
export type HttpHandler = (exchange: HttpExchange) => Promise<Response>;

/** An HTTP server that opens no port for others: it is handed connections. */
export interface HttpServer {
  /** Takes a connection that begins with an HTTP request; owns it from then on. */
  connected(connection: Connection): void;
  /** Closes every connection. Resolves when no request is being handled any more. */
  close(): Promise<void>;
}

const TOO_MANY = new TextEncoder().encode(
  "HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
);

/**
 * Serves HTTP/1.1 by the runtime's own server on connections of a port that is shared with other protocols.
 *
 * The server listens on a loopback port that the system chooses. Each connection is piped to it, and the local port of
 * the pipe tells whose it is. Whoever else connects to that port gets 403. Connections beyond the limit of a network
 * get 503.
 */
export function serveHttp(handler: HttpHandler, clock: Clock, limits: HttpLimits): HttpServer {
  return new PipedServer(handler, clock, limits);
}

class PipedServer implements HttpServer {
  readonly #pipes = new Set<HttpPipe>();
  readonly #byPort = new Map<number, HttpPipe>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(
    private readonly handler: HttpHandler,
    private readonly clock: Clock,
    private readonly limits: HttpLimits,
  ) {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      signal: this.#stop.signal,
      onListen: () => {},
      onError: () => new Response(null, { status: 500, headers: { connection: "close" } }),
    }, (request, info) => this.#handle(request, info));
  }

  connected(connection: Connection): void {
    const network = networkOf(connection.remote.host);
    const ofNetwork = [...this.#pipes].filter((pipe) => pipe.network === network).length;
    if (this.#stop.signal.aborted) return connection.close();
    const isFull = this.#pipes.size >= this.limits.connections;
    if (isFull || ofNetwork >= this.limits.each) {
      const weakest = this.#weakest(isFull);
      if (!weakest) return this.#refuse(connection);
      weakest.close();
    }
    const pipe = new HttpPipe(connection, this.clock, this.limits, () => {
      this.#pipes.delete(pipe);
      this.#byPort.delete(pipe.port);
    });
    this.#pipes.add(pipe);
    void pipe.run(this.#server.addr, (port) => this.#byPort.set(port, pipe));
  }

  /** Returns the connection that gives way to a new one. */
  #weakest(isFull: boolean): HttpPipe | undefined {
    if (this.limits.givesWay === "idle") {
      const pipes = [...this.#pipes];
      // Whoever opens connections and says nothing shall keep nobody out.
      return pipes.find((pipe) => pipe.isIdle) ?? pipes.find((pipe) => pipe.isSilent);
    }
    return isFull ? largestCrowd(this.#pipes, (pipe) => pipe.outer.remote.host)[0] : undefined;
  }

  #refuse(connection: Connection): void {
    const timer = this.clock.after(2000, () => connection.close());
    connection.write(TOO_MANY).catch(() => {}).finally(() => {
      timer.cancel();
      connection.close();
    });
  }

  async #handle(request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>): Promise<Response> {
    const pipe = info.remoteAddr.hostname === "127.0.0.1"
      ? this.#byPort.get(info.remoteAddr.port)
      : undefined;
    if (!pipe) return new Response(null, { status: 403, headers: { connection: "close" } });
    pipe.began();
    const ended = new AbortController();
    info.completed.catch(() => {}).finally(() => {
      pipe.completed();
      ended.abort();
    });
    const { localHost, remote } = pipe.outer;
    const answer = this.handler({
      request,
      from: plainHost(remote.host),
      localHost: localHost === undefined ? undefined : plainHost(localHost),
      body: pipe.body(request),
      ended: AbortSignal.any([ended.signal, pipe.gone]),
    });
    this.#running.add(answer);
    try {
      const response = await answer;
      pipe.answered(request, response.headers.get("connection") === "close");
      return response;
    } finally {
      this.#running.delete(answer);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const pipe of this.#pipes) pipe.close();
    await this.#server.finished.catch(() => {});
    await Promise.allSettled(this.#running);
  }
}
