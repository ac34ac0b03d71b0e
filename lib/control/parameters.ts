import type { ArrivalKind, DocumentOptions, SpooledDocument } from "../peer/types.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";

/** Callbacks for reports before the answer of a call. */
export interface Told extends Pick<DocumentOptions, "progress"> {
  /** @param at which of the call's documents it is, from 0, if there are several */
  readonly deferred?: (
    ...report: [...Parameters<NonNullable<DocumentOptions["deferred"]>>, at?: number]
  ) => void;
}

/** Arguments of a call: parameters for the socket, and callbacks for reports before the answer. */
export interface EncodedArguments {
  readonly params: Record<string, unknown>;
  told: Told;
}

/** Converts one argument of a call to parameters of a request, and back. */
export interface Codec<T> {
  encode(argument: T, into: EncodedArguments): void;
  /** @throws {UserError} a parameter is missing or wrong */
  decode(encoded: EncodedArguments): T;
}

/** Returns `value` if it is valid for the parameter `key`; else throws a {@linkcode UserError}. */
export type Check<T> = (value: unknown, key: string) => T;

export const text = check("a text", (value) => typeof value === "string");

export const texts = check(
  "a list of texts",
  (value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === "string"),
);

export const milliseconds = check(
  "a number of milliseconds",
  (value): value is number => typeof value === "number" && value >= 0,
);

export const flag = check("true or false", (value) => typeof value === "boolean");

const ARRIVAL_KINDS: readonly unknown[] = ["document", "chat", "ask"] satisfies ArrivalKind[];

export const arrivalKind = check(
  "document, chat or ask",
  (value): value is ArrivalKind => ARRIVAL_KINDS.includes(value),
);

const isRow = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export const row = check("a whole number", isRow);

/** Most rows in one request. */
const ROWS_MAX = 10_000;

export const rows = check(
  "a list of whole numbers",
  (value): value is readonly number[] =>
    Array.isArray(value) && value.length <= ROWS_MAX && value.every(isRow),
);

export const noAnswerCode = check(
  '"failed" or "no-answer"',
  (value): value is "failed" | "no-answer" => value === "failed" || value === "no-answer",
);

/** Most documents in one request. */
const DOCUMENTS_MAX = 1_024;

const base64 = check(
  "base64",
  (value): value is string =>
    typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value) &&
    (value.endsWith("=") ? value.length % 4 === 0 : value.length % 4 !== 1),
);

const list = check(
  `a list of at most ${DOCUMENTS_MAX} documents`,
  (value): value is readonly unknown[] => Array.isArray(value) && value.length <= DOCUMENTS_MAX,
);

const spooled = check("a document of the spool", (value): value is SpooledDocument => {
  const { spool, size, sha256 } = (value ?? {}) as Record<string, unknown>;
  return typeof spool === "string" && Number.isSafeInteger(size) && typeof sha256 === "string";
});

function check<T>(expected: string, fits: (value: unknown) => value is T): Check<T> {
  return (value, key) => {
    if (fits(value)) return value;
    throw new UserError(`The request's "${key}" must be ${expected}.`, ExitCode.usage);
  };
}

/** Makes a parameter optional, with `otherwise` as its default. */
export function optional<T, U = undefined>(check: Check<T>, otherwise?: U): Check<T | U> {
  return (value, key) => value === undefined ? otherwise as U : check(value, key);
}

/** Makes a codec for an argument that is one parameter. */
export function parameter<T>(key: string, check: Check<T>): Codec<T> {
  return {
    encode: (argument, { params }) => void (params[key] = argument),
    decode: ({ params }) => check(params[key], key),
  };
}

/** Parameters with which a client asks for reports. */
const WANTS = { progress: "wantsProgress", deferred: "wantsDeferred" } as const;

/**
 * Makes a codec for an argument whose members are parameters of the same names; undefined ones are omitted.
 *
 * @param told members that are callbacks for reports
 */
export function members<T extends object>(
  checks: { readonly [K in Exclude<keyof T, keyof Told>]-?: Check<T[K]> },
  ...told: (keyof Told & keyof T)[]
): Codec<T> {
  return {
    encode(argument: T & Told, into) {
      for (const key of Object.keys(checks)) into.params[key] = argument[key as keyof T];
      for (const key of told) into.params[WANTS[key]] = argument[key] !== undefined;
      if (told.length > 0) into.told = argument;
    },
    decode({ params, told: all }) {
      const members: Record<string, unknown> = {};
      for (const [key, check] of Object.entries<Check<unknown>>(checks)) {
        members[key] = check(params[key], key);
      }
      for (const key of told) {
        if (optional(flag)(params[WANTS[key]], WANTS[key])) members[key] = all[key];
      }
      return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
    },
  };
}

/** Codec of a document's bytes. */
export const bytes: Codec<Uint8Array> = {
  encode: (document, { params }) => void (params.document = encodeBytes(document)),
  decode: ({ params }) => decodeBytes(params.document, "document"),
};

/** Codec of the bytes of several documents. */
export const documents: Codec<readonly Uint8Array[]> = {
  encode: (list, { params }) => void (params.documents = list.map(encodeBytes)),
  decode: ({ params }) => list(params.documents, "documents").map((each) => decodeBytes(each, "documents")),
};

function encodeBytes(document: Uint8Array): string {
  return document.toBase64();
}

function decodeBytes(value: unknown, key: string): Uint8Array {
  return Uint8Array.fromBase64(base64(text(value, key), key));
}

/** Codec of a document: `document` with its bytes, or `spooled`. */
export const document: Codec<Uint8Array | SpooledDocument> = {
  encode(document, into) {
    if (document instanceof Uint8Array) bytes.encode(document, into);
    else into.params.spooled = document;
  },
  decode(encoded) {
    const { params } = encoded;
    return params.spooled === undefined ? bytes.decode(encoded) : spooled(params.spooled, "spooled");
  },
};
