import { Buffer } from "node:buffer";
import { ExitCode, UserError } from "../platform/user_error.ts";
import type { DocumentOptions, SpooledDocument } from "../peer/types.ts";
import type { Service } from "./service.ts";

/** Longest request, bytes: a document of one frame as base64, and as many recipients as a roster holds. */
export const REQUEST_MAX = 256 * 1024;

/** Longest reply or event, bytes; also what may wait for a client that does not read. */
export const REPLY_MAX = 8 * 1024 * 1024;

/** Parameters of a request, not yet looked at. */
export type Params = Readonly<Record<string, unknown>>;

/** The calls of the control socket that have one reply. */
export type Method = Exclude<keyof Service, "subscribe">;

/** What a call tells before its answer. */
export type Told = Pick<DocumentOptions, "progress" | "deferred">;

/** Every call: checks its parameters, then hands it to the service. What comes before its answer, where asked for, goes to `told`. */
export const METHODS: {
  readonly [M in Method]: (
    service: Service,
    params: Params,
    told: Required<Told>,
  ) => ReturnType<Service[M]>;
} = {
  status: (service) => service.status(),
  peers: (service) => service.peers(),
  resolve: (service, params) => service.resolve(text(params, "target"), milliseconds(params, "timeout") ?? 0),
  everyone: (service, params) => service.everyone(milliseconds(params, "wait")),
  say: (service, params) => service.say(text(params, "text"), messageOptions(params)),
  send: (service, params, { progress, deferred }) =>
    service.send(params.spooled === undefined ? bytes(params, "document") : spooled(params.spooled), {
      ...messageOptions(params),
      to: texts(params, "to") ?? [],
      queue: flag(params, "queue"),
      name: optionalText(params, "name"),
      stream: optionalText(params, "stream"),
      ...(flag(params, "wantsProgress") && { progress }),
      ...(flag(params, "wantsDeferred") && { deferred }),
    }),
  known: (service) => service.known(),
  trust: (service, params) => service.trust(text(params, "target")),
  forget: (service, params) => service.forget(text(params, "target")),
  block: (service, params) => service.block(text(params, "target")),
  met: (service, params) => service.met({ id: text(params, "id"), name: text(params, "name") }),
};

/** Bytes as the control socket carries them. */
export function encodeBytes(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

function messageOptions(params: Params): { to?: string[]; timeout?: number; id?: string } {
  return {
    to: texts(params, "to"),
    timeout: milliseconds(params, "timeout"),
    id: optionalText(params, "id"),
  };
}

function wrong(key: string, expected: string): UserError {
  return new UserError(`The request's "${key}" must be ${expected}.`, ExitCode.usage);
}

function text(params: Params, key: string): string {
  const value = params[key];
  if (typeof value !== "string") throw wrong(key, "a text");
  return value;
}

function optionalText(params: Params, key: string): string | undefined {
  return params[key] === undefined ? undefined : text(params, key);
}

function texts(params: Params, key: string): string[] | undefined {
  const value = params[key];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw wrong(key, "a list of texts");
  }
  return value;
}

function milliseconds(params: Params, key: string): number | undefined {
  const value = params[key];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !(value >= 0)) throw wrong(key, "a number of milliseconds");
  return value;
}

function spooled(value: unknown): SpooledDocument {
  const { spool, size, sha256 } = (value ?? {}) as Record<string, unknown>;
  if (typeof spool === "string" && Number.isSafeInteger(size) && typeof sha256 === "string") {
    return { spool, size: size as number, sha256 };
  }
  throw wrong("spooled", "a document of the spool");
}

function flag(params: Params, key: string): boolean | undefined {
  const value = params[key];
  if (value !== undefined && typeof value !== "boolean") throw wrong(key, "true or false");
  return value;
}

function bytes(params: Params, key: string): Uint8Array {
  const value = text(params, key);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw wrong(key, "base64");
  return new Uint8Array(Buffer.from(value, "base64"));
}
