import { type Group, loadGroup, openGroup } from "../identity/group.ts";
import { parseJoinCode } from "../identity/join_code.ts";
import { type ProfilePaths, profilePaths } from "../platform/paths.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { type HostPort, parseHostPort } from "../protocol/host_port.ts";
import { cleanLabel, isLabel, LABEL_RULE, printable } from "../protocol/label.ts";
import {
  DOCUMENT_MAX,
  EARSHOT_PORT,
  HISTORY_DAYS,
  HISTORY_MAX,
  INBOX_QUOTA,
  OUTBOX_DAYS,
  PORT_TRIES,
} from "../protocol/limits.ts";
import { checkOptions } from "./option_checks.ts";
import type { PeerOptions } from "./types.ts";

/** {@linkcode PeerOptions} with every default filled in and every value checked. */
export interface PeerSettings {
  readonly name: string;
  readonly kind: string;
  readonly paths: ProfilePaths;
  /** TCP ports to try, in order. */
  readonly ports: readonly number[];
  readonly interfaces: readonly string[] | undefined;
  /** True if interfaces that do not exist yet are waited for. */
  readonly patient: boolean;
  /** Peers to dial. */
  readonly peers: readonly HostPort[];
  readonly accept: "everyone" | "known";
  readonly maxSize: number;
  readonly quota: number;
  /** Age and size up to which the history is kept: days, bytes. */
  readonly keepDays: number;
  readonly keepSize: number;
  /** Time that a message waits for its recipient, days. */
  readonly outboxDays: number;
  readonly brief: boolean;
}

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** Kind of machine that we tell others. */
export const KIND = Deno.build.os === "darwin" ? "macos" : Deno.build.os;

/** The default group, which is open. */
export const DEFAULT_GROUP = "earshot";

/** Checks the options. Throws a UserError that names the one that is wrong. */
export function settingsOf(options: PeerOptions): PeerSettings {
  checkOptions(options);
  const { profile, port = EARSHOT_PORT } = options;
  const name = options.name?.normalize("NFC");
  if (profile !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(profile)) {
    throw usage(`The profile "${profile}" is invalid: use 1 to 32 letters, digits, "-" and "_".`);
  }
  if (name !== undefined && !isLabel(name)) {
    throw usage(`The name "${printable(name.slice(0, 64))}" is invalid: use ${LABEL_RULE}.`);
  }
  const { keepDays = HISTORY_DAYS, keepSize = HISTORY_MAX, outboxDays = OUTBOX_DAYS } = options;
  const paths = profilePaths(profile);
  return {
    name: name ?? cleanLabel(hostName() + (profile === undefined ? "" : `-${profile}`)),
    kind: KIND,
    paths: { state: options.state ?? paths.state, inbox: options.inbox ?? paths.inbox },
    ports: port === 0 ? [0] : Array.from({ length: Math.min(PORT_TRIES, 65536 - port) }, (_, i) => port + i),
    interfaces: options.interfaces?.length ? options.interfaces : undefined,
    patient: options.patient ?? false,
    peers: (options.peers ?? []).map((peer) => parseHostPort(peer)!),
    accept: options.accept ?? "everyone",
    maxSize: options.maxSize ?? DOCUMENT_MAX,
    quota: options.quota ?? INBOX_QUOTA,
    keepDays,
    keepSize,
    outboxDays,
    brief: options.brief ?? false,
  };
}

/**
 * Returns the group: that of the given join code, the named one, the closed group of the state folder, or the default.
 */
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
