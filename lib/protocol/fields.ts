import { ProtocolError } from "./protocol_error.ts";
import type { FlatObject } from "./flat_json.ts";
import { isLabel } from "./label.ts";
import { FEATURES_MAX, U32_MAX } from "./limits.ts";

// Reads and checks members of a flat object; throws `bad-field` if a member is missing or invalid.

/** A parsed flat object, or one to be written: undefined members count as missing. */
export type FieldSource = Readonly<Record<string, FlatObject[string] | undefined>>;

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const ID = /^[a-z2-7]{24}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const KIND = /^[a-z0-9-]{1,16}$/;
const APP = /^[ -~]{1,64}$/;
const WORDS = /^[a-z0-9-]{1,32}( [a-z0-9-]{1,32})*$/;
const WORD = /^[a-z0-9-]{1,32}$/;

/** Checks for {@linkcode text}. */
export const is = {
  /** Message id. */
  ulid: (value: string) => ULID.test(value),
  /** Node id, 24 characters of base32. */
  id: (value: string) => ID.test(value),
  /** SHA-256 in lower-case hex. */
  sha256: (value: string) => SHA256.test(value),
  /** Platform of a peer: 1 to 16 of a-z, 0-9 and hyphen. */
  kind: (value: string) => KIND.test(value),
  /** 1 to 32 of a-z, 0-9 and hyphen: code of a `nak`, name of a group. */
  word: (value: string) => WORD.test(value),
  /** 1 to 16 words of 1 to 32 of a-z, 0-9 and hyphen, one space between two. */
  words: (value: string) => WORDS.test(value) && value.split(" ").length <= FEATURES_MAX,
  /** Program and version: 1 to 64 printable ASCII characters. */
  app: (value: string) => APP.test(value),
  /** Label of a peer. */
  label: isLabel,
  /** Peers that an announcement asks for: a label, or an id (which is no label). */
  target: (value: string) => isLabel(value) || ID.test(value),
  /** Any text that is not empty. */
  filled: (value: string) => value !== "",
  /** Any text. */
  text: () => true,
};

/** Returns an integer member from `low` to `high`. */
export function integer(head: FieldSource, key: string, low = 0, high = U32_MAX): number {
  const value = head[key];
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) bad(key);
  return value;
}

/** Returns a text member that passes `check`. */
export function text(head: FieldSource, key: string, check: (value: string) => boolean): string {
  const value = head[key];
  if (typeof value !== "string" || !check(value)) bad(key);
  return value;
}

/** Like {@linkcode integer}, for an optional member. */
export function optionalInteger(head: FieldSource, key: string, low = 0, high = U32_MAX): number | undefined {
  return head[key] === undefined ? undefined : integer(head, key, low, high);
}

/** Like {@linkcode text}, for an optional member. */
export function optionalText(
  head: FieldSource,
  key: string,
  check: (value: string) => boolean,
): string | undefined {
  return head[key] === undefined ? undefined : text(head, key, check);
}

/** Returns true if the member is true; undefined if it is false or missing. */
export function flag(head: FieldSource, key: string): true | undefined {
  const value = head[key];
  if (value !== undefined && typeof value !== "boolean") bad(key);
  return value || undefined;
}

function bad(key: string): never {
  throw new ProtocolError("bad-field", `${key} is missing or not what it must be`);
}
