import { BodyTimeout, GATEWAY_LIMITS, type HttpExchange, serveHttp } from "../../net/http_server.ts";
import type { Connection } from "../../net/types.ts";
import { DOCUMENT_NAME } from "../../peer/message_checks.ts";
import type { Door, PlainDocument, Taken } from "../../peer/door.ts";
import type { Clock } from "../../platform/clock.ts";
import { joinBytes } from "../../platform/join_bytes.ts";
import { is } from "../../protocol/fields.ts";
import { isOurHost } from "./http_host.ts";

/** Dependencies of {@linkcode createHttp}. */
export interface HttpOptions {
  readonly door: Pick<Door, "document">;
  /** Returns the names of the peers that are here. */
  readonly peers: () => readonly string[];
  /** Tells whether a program without a key may read them: always in an open group. */
  readonly isReadable: () => boolean;
  /**
   * Returns our host name and addresses, by which requests may call us. The address that a connection came to,
   * `localhost` and HOSTNAME.local are added.
   */
  readonly hosts: () => readonly string[];
  /** Largest document, bytes. */
  readonly limit: number;
  /** Counts a request from the address; false if there are too many. */
  readonly mayTake: (address: string) => boolean;
  readonly clock: Clock;
}

/** HTTP of the plain gateway. */
export interface Http {
  /** Takes a connection whose first bytes are an HTTP request; owns it from then on. */
  connected(connection: Connection): void;
  /** Closes every connection. Resolves when no document is on its way to the door any more. */
  close(): Promise<void>;
}

/** Larger documents are given to the door in parts, bytes. */
const IN_MEMORY_MAX = 64 * 1024;
/** Longest name that a path may give, characters; the store shortens it further. */
const PATH_NAME_MAX = 1024;
/** Media types of JSON: those that no web page can send without asking first. */
const JSON_TYPE = /^application\/json$|^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+\+json$/;

const PAGE = `This is the plain gateway of Earshot: programs on this network can leave JSON documents here.
Nothing is encrypted, and nobody proves who they are.

  curl --json @reading.json http://HOST:PORT/reading.json   save a document
  curl http://HOST:PORT/peers                               list the peers

The answer 201 means that the document is saved. With the header "Idempotency-Key: ULID",
a repeated request does not save it twice.
`;

/**
 * Answers HTTP requests of programs without a key: `GET /`, `GET /peers`, and documents by `POST /` or `POST /NAME`.
 *
 * A web page can write nothing: a request with an `Origin`, for a host that is not ours, or without a JSON content
 * type is refused, and no CORS header is ever sent.
 */
export function createHttp(options: HttpOptions): Http {
  return serveHttp(
    async (exchange) => {
      try {
        return await answer(exchange, options);
      } catch (error) {
        if (error instanceof Problem) return error.response();
        return new Problem(500, "internal error; please report it").response();
      }
    },
    options.clock,
    GATEWAY_LIMITS,
  );
}

/** A request that is refused, answered as RFC 9457 says. */
class Problem extends Error {
  constructor(readonly status: number, readonly detail: string, readonly headers: HeadersInit = {}) {
    super(detail);
  }

  response(): Response {
    const { status, detail } = this;
    return respond(
      status,
      "application/problem+json",
      JSON.stringify({ title: TITLES[status], status, detail }),
      {
        // The body may be unread.
        connection: "close",
        ...this.headers,
      },
    );
  }
}

const TITLES: Record<number, string> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

function respond(status: number, type: string, text: string, headers: HeadersInit = {}): Response {
  return new Response(text, {
    status,
    headers: {
      "content-type": type,
      "cache-control": "no-store, no-transform",
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}

function answer(exchange: HttpExchange, options: HttpOptions): Promise<Response> | Response {
  const { request, from, localHost } = exchange;
  const { headers, method } = request;
  if (headers.has("origin")) {
    throw new Problem(403, "web pages may not use this gateway: Origin is not allowed");
  }
  const hosts = localHost === undefined ? options.hosts() : [...options.hosts(), localHost];
  const host = headers.get("host");
  if (host !== null && !(isOurHost(host, hosts) && isOurHost(authorityOf(request.url), hosts))) {
    throw new Problem(403, `this is not ${quoted(host)}: use an address or the host name of this machine`);
  }
  if (!options.mayTake(from)) {
    throw new Problem(429, "too many requests from your address: try again in a second", {
      "retry-after": "1",
    });
  }
  if (headers.has("upgrade")) throw new Problem(501, `no upgrade to ${quoted(headers.get("upgrade")!)} here`);
  if (headers.has("content-length") && headers.has("transfer-encoding")) {
    throw new Problem(400, "give Content-Length or Transfer-Encoding, not both");
  }
  const name = nameIn(request.url);
  if (method === "POST") return save(exchange, name, options);
  if (name !== "" && name !== "peers") {
    throw new Problem(404, "only / and /peers can be read here; POST saves a document");
  }
  if (method !== "GET" && method !== "HEAD") {
    throw new Problem(405, `${quoted(method)} is not possible: use GET, HEAD or POST`, {
      allow: "GET, HEAD, POST",
    });
  }
  if (name === "") return respond(200, "text/plain; charset=utf-8", PAGE);
  if (!options.isReadable()) throw new Problem(403, "this group does not tell its names");
  return respond(200, "application/json", JSON.stringify(options.peers()) + "\n");
}

async function save(exchange: HttpExchange, name: string, options: HttpOptions): Promise<Response> {
  const { headers } = exchange.request;
  const type = (headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (!JSON_TYPE.test(type)) {
    throw new Problem(415, `Content-Type is ${quoted(type)}: only application/json is saved`);
  }
  const encoding = headers.get("content-encoding")?.trim().toLowerCase();
  if (encoding && encoding !== "identity") {
    throw new Problem(415, `Content-Encoding is ${quoted(encoding)}: send the document as it is`);
  }
  const id = idIn(headers.get("idempotency-key"));
  const tooLarge = new Problem(413, `documents may have ${options.limit} bytes here`);
  if (Number(headers.get("content-length") ?? 0) > options.limit) throw tooLarge;
  const body = new LimitedBody(exchange.body, options.limit, tooLarge);
  const document: PlainDocument = { name: name || DOCUMENT_NAME, id, body: await body.open() };
  let taken: Taken;
  try {
    taken = await options.door.document(exchange.from, document);
  } catch (error) {
    throw body.problem ?? error;
  }
  // A store that was given no more than a part refuses it as it likes.
  if (body.problem) throw body.problem;
  if (!taken.taken) throw refusal(taken);
  const saved = taken.name ?? document.name;
  return respond(
    taken.duplicate ? 200 : 201,
    "application/json",
    JSON.stringify({ id: taken.id, name: saved, duplicate: taken.duplicate }) + "\n",
    { location: `/${encodeURIComponent(saved)}` },
  );
}

/** A body that ends with a problem if it is too large, too slow or cut off. */
class LimitedBody {
  readonly #parts: AsyncIterator<Uint8Array>;
  #length = 0;
  /** Set once the body is known to be unusable. */
  problem: Problem | undefined;

  constructor(
    parts: AsyncIterable<Uint8Array>,
    private readonly limit: number,
    private readonly tooLarge: Problem,
  ) {
    this.#parts = parts[Symbol.asyncIterator]();
  }

  /** Reads the first part: all of a small body, else it goes on where that ended. */
  async open(): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
    const first: Uint8Array[] = [];
    for (;;) {
      const part = await this.#next();
      if (part === undefined) break;
      first.push(part);
      if (this.#length > IN_MEMORY_MAX) return this.#rest(first);
    }
    return joinBytes(first, this.#length);
  }

  async *#rest(first: Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* first;
      for (let part = await this.#next(); part !== undefined; part = await this.#next()) yield part;
    } finally {
      await this.#parts.return?.();
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#parts.next();
      if (done) return undefined;
      this.#length += value.length;
      if (this.#length <= this.limit) return value;
      await this.#parts.return?.();
      this.problem = this.tooLarge;
    } catch (error) {
      this.problem = error instanceof BodyTimeout
        ? new Problem(408, "the body stopped in the middle")
        : new Problem(400, "the body was cut off");
    }
    throw this.problem;
  }
}

function refusal({ code, why }: Taken & { readonly taken: false }): Problem {
  switch (code) {
    case "not-json":
    case "corrupt":
      return new Problem(400, why);
    case "too-large":
      return new Problem(413, why);
    case "quota":
      return new Problem(507, why);
    case "busy":
      return new Problem(503, why, { "retry-after": "1" });
    default:
      return new Problem(403, why);
  }
}

/** Returns the id in an `Idempotency-Key`, with or without the quotation marks of a structured field. */
function idIn(key: string | null): string | undefined {
  if (key === null) return undefined;
  const id = key.trim().replace(/^"(.*)"$/, "$1").toUpperCase();
  if (!is.ulid(id)) throw new Problem(400, `Idempotency-Key is ${quoted(key)}: expected a ULID`);
  return id;
}

function authorityOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "";
}

/** Returns the name after the first slash of the path, decoded. */
function nameIn(url: string): string {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*\/?([^?#]*)/i.exec(url)?.[1] ?? "";
  let name;
  try {
    name = decodeURIComponent(path);
  } catch {
    throw new Problem(400, `the path ${quoted(path)} is not valid percent-encoding of UTF-8`);
  }
  if (path.includes("/")) throw new Problem(404, "there are no folders here: give a name without a slash");
  if (name.length > PATH_NAME_MAX) {
    throw new Problem(400, `the name is over ${PATH_NAME_MAX} characters long`);
  }
  return name;
}

/** Quotes a text of the client, shortened. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
