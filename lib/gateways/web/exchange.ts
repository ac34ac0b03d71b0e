import type { Service } from "../../control/service.ts";
import type { Clock } from "../../platform/clock.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import type { HistoryThread } from "../../storage/threads/history_thread.ts";

/** Dependencies of the routes. */
export interface WebParts {
  /** The running peer, or one in this process; it survives the peer's restart. */
  readonly service: Service;
  /** The history, read in a thread of its own. */
  readonly history: HistoryThread;
  readonly clock: Clock;
  /** Runs the checks of the doctor and returns its findings. */
  readonly examine?: () => Promise<readonly unknown[]>;
  /** State folder of the profile. */
  readonly state: string;
}

/** A request that the guard let pass. */
export interface WebExchange {
  readonly request: Request;
  readonly url: URL;
  /** The body, to be read at most once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the answer is written, or its connection is gone. */
  readonly ended: AbortSignal;
}

/** Answers a request. Throws a {@linkcode WebError} or UserError to refuse it. */
export type Route = (exchange: WebExchange) => Promise<Response>;

/** Routes by method and path: `GET /api/messages`. `*` stands for one last segment of the path. */
export type Routes = Readonly<Record<string, Route>>;

/** A request that is refused with a sentence for the user. */
export class WebError extends Error {
  constructor(readonly status: number, message: string, readonly headers: HeadersInit = {}) {
    super(message);
  }
}

/** Answers with JSON. */
export function jsonResponse(value: unknown, status = 200, headers: HeadersInit = {}): Response {
  const type = { "content-type": "application/json; charset=utf-8" };
  return new Response(JSON.stringify(value), {
    status,
    headers: { ...type, ...Object.fromEntries(new Headers(headers)) },
  });
}

/** Answers with JSON lines. */
export function ndjson(lines: ReadableStream<Uint8Array<ArrayBuffer>>): Response {
  return new Response(lines, { headers: { "content-type": "application/x-ndjson; charset=utf-8" } });
}

/** Status of a refusal by exit code, as a program would end. */
const STATUS: Readonly<Record<number, number>> = {
  [ExitCode.usage]: 400,
  [ExitCode.nobody]: 404,
  [ExitCode.refused]: 409,
  [ExitCode.unanswered]: 504,
};

/** Describes an error as the page gets it. */
export function errorOf(error: unknown): { readonly error: string; readonly exitCode?: ExitCode } {
  if (error instanceof UserError) return { error: error.message, exitCode: error.exitCode };
  if (error instanceof WebError) return { error: error.message };
  return { error: `internal error: ${error instanceof Error ? error.message : error}; please report it` };
}

/** Answers with an error. The body of the request may be unread. */
export function errorResponse(error: unknown): Response {
  const status = error instanceof WebError
    ? error.status
    : error instanceof UserError
    ? STATUS[error.exitCode] ?? 503
    : 500;
  const headers = error instanceof WebError ? Object.fromEntries(new Headers(error.headers)) : {};
  return jsonResponse(errorOf(error), status, { ...headers, connection: "close" });
}

/** Largest body of JSON, bytes: a question of 65 000 bytes, all of them escaped. */
const JSON_MAX = 512 * 1024;

/** Reads the body as a JSON object; an empty one is `{}`. @throws {WebError} it is none, or over 512 KiB */
export async function readJson({ body }: WebExchange): Promise<Record<string, unknown>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > JSON_MAX) throw new WebError(413, `The request is over ${JSON_MAX} bytes.`);
    parts.push(part as Uint8Array<ArrayBuffer>);
  }
  if (length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(await new Blob(parts).text());
  } catch {
    throw new WebError(400, "The request is not JSON.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new WebError(400, "The request is no JSON object.");
}
