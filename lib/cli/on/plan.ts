import { createHash } from "node:crypto";
import type { PeerRef, PlainSender } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { foldLabel } from "../../protocol/label.ts";
import { peerFilter } from "../../storage/history/history.ts";
import type { ArrivalKind, KnownPeer } from "../../storage/types.ts";
import { type Context, wrongUsage } from "../command.ts";

/** Kind of event that `on` waits for. */
export type Subject = ArrivalKind | "peer";

const SUBJECTS: readonly string[] = ["document", "chat", "ask", "peer"] satisfies Subject[];

/** Defaults for `--timeout` (milliseconds), `--retries` and `--parallel`. */
const PROGRAM_TIMEOUT = 3_600_000;
const RETRIES = 5;
const AT_A_TIME = 1;

/** Program to run, and the events for which it runs. */
export interface Plan {
  readonly subject: Subject;
  /** The program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Name of the cursor. */
  readonly cursor: string;
  readonly parallel: number;
  readonly retries: number;
  /** How long a program may run, milliseconds. */
  readonly timeout: number;
  /** The sender or peer that is meant; undefined for everybody. */
  readonly from?: string;
  /** True if the first start begins with the oldest message of the history. */
  readonly all: boolean;
  /** True if the cursor is to be given up. */
  readonly forgetsPlace: boolean;
  /** Tells whether the name and stream of a document fit. */
  fits(document: { readonly name: string; readonly stream?: string }): boolean;
  /** Tells whether a sender or peer is meant. @param known the user's records of peers */
  isFrom(peer: PeerRef | PlainSender, known: Iterable<KnownPeer>): boolean;
}

/** Reads the plan from the command line. @throws {UserError} exit code 2 */
export function planOf(context: Context): Plan {
  const { config } = context;
  const [subject = "", program, ...rest] = config.args;
  if (!SUBJECTS.includes(subject)) {
    throw wrongUsage(context, subject === "" ? "missing argument" : `unknown event "${subject}"`);
  }
  const forgetsPlace = config.forgetsPlace === true;
  if (program === undefined && !(forgetsPlace && config.label !== undefined)) {
    throw wrongUsage(context, "no program is given");
  }
  if (program === "") throw wrongUsage(context, "the name of the program is empty");
  const { from, nameGlob: name, streamFilter: stream, label } = config;
  const refuse = (flag: string, why: string) =>
    new UserError(`--${flag} does not go with \`on ${subject}\`: ${why}.`, ExitCode.usage);
  if (subject !== "document" && stream !== undefined) throw refuse("stream", "only documents have a stream");
  if ((subject === "chat" || subject === "peer") && name !== undefined) {
    throw refuse("name", "only documents and questions have a name");
  }
  if (subject === "peer" && (config.everything || forgetsPlace || label !== undefined)) {
    const flag = label !== undefined ? "as" : forgetsPlace ? "forget" : "all";
    throw refuse(flag, "it has no place in the order of arrival");
  }
  const filters = [from ?? null, stream ?? null, name ?? null];
  const glob = name === undefined ? undefined : globPattern(name);
  return {
    subject: subject as Subject,
    argv: [program ?? "", ...rest],
    cursor: label ?? `:${hashOf([subject, filters, program, ...rest])}`,
    parallel: config.parallel ?? AT_A_TIME,
    retries: config.retries ?? RETRIES,
    timeout: config.programTimeout ?? PROGRAM_TIMEOUT,
    from,
    all: config.everything === true,
    forgetsPlace,
    fits: (document) =>
      (stream === undefined || document.stream === stream) &&
      (glob === undefined || glob.test(document.name)),
    isFrom: (peer, known) => from === undefined || isMeant(from, peer, known),
  };
}

/**
 * Tells whether `from` means this peer. A name that the user has bound to a key means that key alone; any other name means
 * whoever uses it.
 */
function isMeant(from: string, { id, name }: PeerRef | PlainSender, known: Iterable<KnownPeer>): boolean {
  const folded = foldLabel(from);
  const bound = [...known].filter((peer) => peer.how !== "blocked" && foldLabel(peer.name) === folded);
  if (bound.length > 0) return bound.some((peer) => peer.id === id);
  return id === undefined ? foldLabel(name) === folded : peerFilter(from)({ id, name });
}

/** Makes a pattern of a glob: `*` is any text, `?` one character, `[…]` one of these. Letter case counts. */
export function globPattern(glob: string): RegExp {
  const parts = glob.match(/\[!?\]?[^\]]*\]|\*+|[^]/gu) ?? [];
  const pattern = parts.map((part) => {
    if (part.startsWith("*")) return "[^]*";
    if (part === "?") return "[^]";
    const set = /^\[(!?)([^]+)\]$/.exec(part);
    if (set === null) return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    return `[${set[1] ? "^" : ""}${set[2]!.replace(/[\\\]^[]/g, "\\$&")}]`;
  });
  try {
    return new RegExp(`^${pattern.join("")}$`, "u");
  } catch {
    throw new UserError(`invalid pattern "${glob}" for --name.`, ExitCode.usage);
  }
}

function hashOf(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
