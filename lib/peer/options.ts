import { type Group, loadGroup, openGroup } from "../identity/group.ts";
import { parseJoinCode } from "../identity/join_code.ts";
import { type ProfilePaths, profilePaths } from "../platform/paths.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { cleanLabel, isLabel } from "../protocol/label.ts";
import {
  DOCUMENT_LIMIT,
  DOCUMENT_MAX,
  EARSHOT_PORT,
  HISTORY_DAYS,
  HISTORY_MAX,
  INBOX_QUOTA,
  OUTBOX_DAYS,
  PORT_TRIES,
} from "../protocol/limits.ts";
import type { PeerOptions } from "./types.ts";

/** {@linkcode PeerOptions} with every default filled in and every value checked. */
export interface PeerSettings {
  readonly name: string;
  readonly kind: string;
  readonly paths: ProfilePaths;
  /** TCP ports to try, in order. */
  readonly ports: readonly number[];
  readonly interfaces: readonly string[] | undefined;
  /** Whether interfaces that are not there yet are waited for. */
  readonly patient: boolean;
  readonly accept: "everyone" | "known";
  readonly maxSize: number;
  readonly quota: number;
  /** How long, and how much of, the history is kept: days, bytes. */
  readonly keepDays: number;
  readonly keepSize: number;
  /** How long a message waits for its recipient, days. */
  readonly outboxDays: number;
  readonly brief: boolean;
}

/** Longest time that can be configured, days. */
const DAYS_MAX = 36_500;
/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** The open group of whoever configured nothing. */
export const DEFAULT_GROUP = "earshot";

/** Checks the options. Throws a UserError that names the one that is wrong. */
export function settingsOf(options: PeerOptions): PeerSettings {
  const { profile, name, port = EARSHOT_PORT } = options;
  if (profile !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(profile)) {
    throw usage(`The profile "${profile}" is no good: use 1 to 32 letters, digits, "-" and "_".`);
  }
  if (name !== undefined && !isLabel(name)) {
    throw usage(`The name "${cleanLabel(name)}" is no good: use 1 to 32 printable characters.`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw usage(`The port ${port} is no good: use 1 to 65535, or 0 for any free one.`);
  }
  const maxSize = options.maxSize ?? DOCUMENT_MAX;
  if (!(maxSize >= 1 && maxSize <= DOCUMENT_LIMIT)) {
    throw usage(`The largest document size must be between 1 byte and 4 GiB.`);
  }
  const { keepDays = HISTORY_DAYS, keepSize = HISTORY_MAX, outboxDays = OUTBOX_DAYS } = options;
  if (!(keepDays >= 0 && keepDays <= DAYS_MAX && keepSize >= 0 && outboxDays > 0 && outboxDays <= DAYS_MAX)) {
    throw usage(`The history and the outbox are kept for at most ${DAYS_MAX} days, and no size is below 0.`);
  }
  const paths = profilePaths(profile);
  return {
    name: name ?? cleanLabel(hostName() + (profile === undefined ? "" : `-${profile}`)),
    kind: Deno.build.os === "darwin" ? "macos" : Deno.build.os,
    paths: { state: options.state ?? paths.state, inbox: options.inbox ?? paths.inbox },
    ports: port === 0 ? [0] : Array.from({ length: Math.min(PORT_TRIES, 65536 - port) }, (_, i) => port + i),
    interfaces: options.interfaces?.length ? options.interfaces : undefined,
    patient: options.patient ?? false,
    accept: options.accept ?? "everyone",
    maxSize,
    quota: options.quota ?? INBOX_QUOTA,
    keepDays,
    keepSize,
    outboxDays,
    brief: options.brief ?? false,
  };
}

/** The group to be in: the join code given, the group named, the closed group of the state folder, the open default. */
export function groupOf(options: PeerOptions, state: string): Group {
  if (options.joinCode !== undefined) return parseJoinCode(options.joinCode);
  const stored = loadGroup(state);
  if (options.group !== undefined && options.group !== stored?.name) return openGroup(options.group);
  return stored ?? openGroup(DEFAULT_GROUP);
}

function hostName(): string {
  try {
    return Deno.hostname().replace(/\..*$/, "") || "earshot";
  } catch {
    return "earshot";
  }
}

function usage(message: string): UserError {
  return new UserError(message, ExitCode.usage);
}
