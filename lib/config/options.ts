import { is } from "../protocol/fields.ts";
import { isLabel, LABEL_RULE } from "../protocol/label.ts";
import { HOST_PORT_FORM, hostPortText, parseHostPort } from "../protocol/host_port.ts";
import { DOCUMENT_LIMIT } from "../protocol/limits.ts";
import { parseSize } from "./size.ts";
import { isMulticast, parseCalledHost, parsePlace } from "./places.ts";

/** One option, on the command line and in the configuration file. */
export interface Option<T = unknown> {
  /** Name: `--flag` on the command line, `flag` as a key in the file. */
  readonly flag: string;
  /** Letter for `-x`. */
  readonly short?: string;
  /** Name of the value in the help; absent for a flag. */
  readonly value?: string;
  /** Value that the option has if it is given without one; then a value follows only after `=`. */
  readonly bare?: string;
  /** True if it may be given more than once; an array (or a single value) in the file. */
  readonly many?: boolean;
  /** True if its value is a path, relative to the folder of the file that contains it. */
  readonly path?: boolean;
  /** True if only the command line may give it. */
  readonly commandLineOnly?: boolean;
  /** True if its value is a number; the command line gives it as text. */
  readonly numeric?: boolean;
  /** Line of the help. */
  readonly help: string;
  /** Converts the given value; undefined if it is invalid. */
  readonly read: (given: unknown) => T | undefined;
  /** Description of valid values, for the error message. */
  readonly expected: string;
}

/** Longest period in days. */
const DAYS_MAX = 36_500;

const FLAG = {
  read: (given: unknown) => typeof given === "boolean" ? given : undefined,
  expected: "true or false",
};

const TEXT = {
  read: (given: unknown) => typeof given === "string" && given !== "" ? given : undefined,
  expected: "a text",
};

const SECONDS = {
  read(given: unknown) {
    const seconds = numberIn(given, 0, 7 * 86_400);
    return seconds === undefined ? undefined : seconds * 1000;
  },
  expected: "a number of seconds, 0 to 604800",
  value: "SECONDS",
  numeric: true,
};

const DAYS = {
  read: (given: unknown) => numberIn(given, 0, DAYS_MAX),
  expected: `a number of days, 0 to ${DAYS_MAX}`,
  value: "DAYS",
  numeric: true,
};

const SIZE = {
  read: (given: unknown) => sizeIn(given, 0, Number.MAX_SAFE_INTEGER),
  expected: "a size like 500MiB or 20GB",
  value: "SIZE",
};

/** The options that every command takes. */
const GENERAL = {
  name: {
    flag: "name",
    value: "NAME",
    help: "what others see me as (the host name)",
    read(given: unknown) {
      const name = typeof given === "string" ? given.normalize("NFC") : "";
      return isLabel(name) ? name : undefined;
    },
    expected: LABEL_RULE,
  },
  profile: {
    flag: "profile",
    value: "NAME",
    help: "a second peer on this machine: own identity, own inbox",
    read: matching(/^[A-Za-z0-9_-]{1,32}$/),
    expected: "1 to 32 of letters, digits, - and _",
  },
  group: {
    flag: "group",
    value: "NAME",
    help: 'the open group to be in ("earshot")',
    read: matching(/^[a-z0-9-]{1,32}$/),
    expected: "1 to 32 of a-z, 0-9 and -",
  },
  port: {
    flag: "port",
    value: "PORT",
    numeric: true,
    help: "TCP port for sessions (3333, or one of the next 16 if it is taken)",
    read: (given: unknown) => wholeIn(given, 1, 65_535),
    expected: "a number from 1 to 65535",
  },
  interface: {
    ...TEXT,
    flag: "interface",
    value: "NAME|ADDRESS",
    many: true,
    help: "network interface to use, repeatable (all of them)",
  },
  peer: {
    flag: "peer",
    value: "HOST[:PORT]",
    many: true,
    help: "dial this peer, also beyond this network; repeatable (none; port 3333)",
    read(given: unknown) {
      const place = typeof given === "string" ? parseHostPort(given) : undefined;
      return place && hostPortText(place);
    },
    expected: HOST_PORT_FORM,
  },
  inbox: {
    ...TEXT,
    flag: "inbox",
    value: "DIR",
    path: true,
    help: "where documents arrive (~/earshot-inbox)",
  },
  state: { ...TEXT, flag: "state", value: "DIR", path: true, help: "where identity and database live" },
  config: {
    ...TEXT,
    flag: "config",
    value: "FILE",
    commandLineOnly: true,
    help: "configuration file (earshot.jsonc in the state folder or here)",
  },
  accept: {
    flag: "accept",
    value: "WHOM",
    help: "take messages from everyone or only from known peers (everyone)",
    read: (given: unknown): "everyone" | "known" | undefined =>
      given === "everyone" || given === "known" ? given : undefined,
    expected: '"everyone" or "known"',
  },
  maxSize: {
    ...SIZE,
    flag: "max-size",
    help: "largest document accepted, up to 4GiB (64MiB)",
    read: (given: unknown) => {
      // The protocol's limit is a byte less.
      const size = sizeIn(given, 1, DOCUMENT_LIMIT + 1);
      return size && Math.min(size, DOCUMENT_LIMIT);
    },
    expected: "a size from 1 byte to 4 GiB, like 500k, 64MiB or 1.5GB",
  },
  quota: { ...SIZE, flag: "quota", help: "limit for the documents in the inbox (10GiB)" },
  keepDays: {
    ...DAYS,
    flag: "keep-days",
    help: "how long the history is kept; files in the inbox stay (90)",
  },
  keepSize: {
    ...SIZE,
    flag: "keep-size",
    help: "how much the history may hold; files in the inbox stay (1GiB)",
  },
  outboxDays: {
    ...DAYS,
    flag: "outbox-days",
    help: "how long a message waits for its recipient (7)",
    read: (given: unknown) => given === 0 ? undefined : DAYS.read(given),
    expected: `a number of days over 0, at most ${DAYS_MAX}`,
  },
  json: { ...FLAG, flag: "json", help: "one JSON object per line" },
  quiet: { ...FLAG, flag: "quiet", short: "q", help: "no remarks, only results and errors" },
  verbose: { ...FLAG, flag: "verbose", short: "v", help: "more detail, also about internal errors" },
  help: { ...FLAG, flag: "help", short: "h", commandLineOnly: true, help: "this help" },
  version: { ...FLAG, flag: "version", short: "V", commandLineOnly: true, help: "the version" },
} satisfies Record<string, Option>;

/** The options that only some commands take. */
const SPECIAL = {
  to: {
    ...TEXT,
    flag: "to",
    value: "NAME|ID|@SET|all",
    many: true,
    help: "recipient, repeatable (`inbox`: one)",
  },
  documentName: {
    ...TEXT,
    flag: "name",
    value: "NAME",
    commandLineOnly: true,
    help: "file name at the recipient (that of the file)",
  },
  stream: {
    ...TEXT,
    flag: "stream",
    value: "NAME",
    help: "append to this stream at the recipient; in inbox, list this one",
  },
  timeout: {
    ...SECONDS,
    flag: "timeout",
    help: "how long to wait for a recipient to appear, and then for its acknowledgement (5)",
  },
  queue: { ...FLAG, flag: "queue", help: "leave it in the outbox and do not wait" },
  id: {
    flag: "id",
    value: "ID",
    commandLineOnly: true,
    help: "resume the message with this id",
    read: (given: unknown) => typeof given === "string" && is.ulid(given) ? given : undefined,
    expected: "a message id as `send --json` prints it (26 characters)",
  },
  lines: { ...FLAG, flag: "lines", commandLineOnly: true, help: "each line is a document (JSON Lines)" },
  skipBad: {
    ...FLAG,
    flag: "skip-bad",
    commandLineOnly: true,
    help: "with --lines: skip lines that cannot be sent",
  },
  times: { ...FLAG, flag: "times", help: "begin each line with its time, if the window is wide enough" },
  wait: { ...SECONDS, flag: "wait", help: "how long to listen (1, or 4 if nobody is heard)" },
  listening: {
    ...FLAG,
    flag: "listen",
    commandLineOnly: true,
    help: "wait for one caller instead of dialling",
  },
  save: { ...FLAG, flag: "save", commandLineOnly: true, help: "put lines that are JSON into the inbox" },
  watch: { ...FLAG, flag: "watch", commandLineOnly: true, help: "stay, and show who comes and goes" },
  follow: {
    ...FLAG,
    flag: "follow",
    commandLineOnly: true,
    help: "stay, and print what comes in from now on",
  },
  sent: { ...FLAG, flag: "sent", commandLineOnly: true, help: "sent messages and their outcome" },
  from: {
    ...TEXT,
    flag: "from",
    value: "NAME|ID",
    commandLineOnly: true,
    help: "only messages from this peer",
    read: matching(/^[^@]/),
    expected: "the name or the id of one peer",
  },
  limit: {
    flag: "limit",
    value: "COUNT",
    numeric: true,
    help: "list at most this many, newest first (20)",
    read: (given: unknown) => wholeIn(given, 1, Infinity),
    expected: "a whole number from 1",
  },
  nameGlob: {
    ...TEXT,
    flag: "name",
    value: "GLOB",
    commandLineOnly: true,
    help: "only documents whose name fits, like *.json",
  },
  streamFilter: {
    ...TEXT,
    flag: "stream",
    value: "NAME",
    commandLineOnly: true,
    help: "only documents of this stream",
  },
  programTimeout: {
    flag: "timeout",
    value: "SECONDS",
    numeric: true,
    commandLineOnly: true,
    help: "end a program that runs longer, with what it started (3600)",
    read(given: unknown) {
      const seconds = numberIn(given, 0, 7 * 86_400);
      return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
    },
    expected: "a number of seconds over 0, at most 604800",
  },
  retries: {
    flag: "retries",
    value: "COUNT",
    numeric: true,
    commandLineOnly: true,
    help: "how often to try again if a program fails, then skip with a warning (5)",
    read: (given: unknown) => wholeIn(given, 0, 1_000_000),
    expected: "a whole number from 0 to 1000000",
  },
  parallel: {
    flag: "parallel",
    value: "COUNT",
    numeric: true,
    commandLineOnly: true,
    help: "how many programs may run at a time (1)",
    read: (given: unknown) => wholeIn(given, 1, 256),
    expected: "a whole number from 1 to 256",
  },
  everything: {
    ...FLAG,
    flag: "all",
    commandLineOnly: true,
    help: "at the first start begin with everything that the history has",
  },
  label: {
    flag: "as",
    value: "LABEL",
    commandLineOnly: true,
    help: "name of the place in the order of arrival (made of the program and the filters)",
    read: matching(/^[A-Za-z0-9._-]{1,64}$/),
    expected: "1 to 64 of letters, digits, ., _ and -",
  },
  forgetsPlace: {
    ...FLAG,
    flag: "forget",
    commandLineOnly: true,
    help: "forget the place of this program: nothing waits for it any more",
  },
  untilEof: {
    ...FLAG,
    flag: "until-eof",
    commandLineOnly: true,
    help: "end when standard input ends, as a child of another program",
  },
  listenAt: {
    flag: "listen",
    value: "ADDRESS[:PORT]",
    commandLineOnly: true,
    help: "where the page is served (127.0.0.1:8033, or one of the next 16 if it is taken)",
    read: (given: unknown) => typeof given === "string" ? parsePlace(given) : undefined,
    expected: "an IP address of this machine like 127.0.0.1:8033, 0.0.0.0:8033 or [::1]:8033",
  },
  host: {
    flag: "host",
    value: "NAME[:PORT]",
    many: true,
    commandLineOnly: true,
    help: "another name by which browsers may call the page, repeatable (none)",
    read: (given: unknown) => typeof given === "string" ? parseCalledHost(given) : undefined,
    expected: "a host name like lab-pc.local or lab-pc.local:80",
  },
  noOpen: { ...FLAG, flag: "no-open", commandLineOnly: true, help: "open no browser" },
  plain: {
    flag: "plain",
    value: "unencrypted|readable",
    bare: "open",
    help:
      "open the plain gateway: text, JSON and HTTP from any program; the value is for closed groups (off)",
    read: (given: unknown): PlainMode | undefined =>
      given === true || given === "open"
        ? "open"
        : given === "unencrypted" || given === "readable"
        ? given
        : undefined,
    expected: '"unencrypted" or "readable"',
  },
  plainListen: {
    ...TEXT,
    flag: "plain-listen",
    value: "ADDRESS",
    help: "own address at which the plain gateway is reached (all of them)",
  },
  plainGroup: {
    flag: "plain-group",
    value: "ADDRESS",
    many: true,
    help: "multicast group of other programs that the plain gateway joins, repeatable (none)",
    read: (given: unknown) =>
      typeof given === "string" && isMulticast(given) ? given.toLowerCase() : undefined,
    expected: "a multicast address like 232.10.11.12 or ff02::fc",
  },
} satisfies Record<string, Option>;

/** How the plain gateway is open: in open groups only, for messages into a closed one, or out of it as well. */
export type PlainMode = "open" | "unencrypted" | "readable";

/** Keys of the options of the plain gateway. */
export const PLAIN_OPTIONS = ["plain", "plainListen", "plainGroup"] as const;

const ALL = { ...GENERAL, ...SPECIAL };

/** Key of an option. */
export type OptionKey = keyof typeof ALL;

/** Values of all options, by key. Times are milliseconds, sizes bytes. */
export type OptionValues = { readonly [K in OptionKey]: ValueOf<typeof ALL[K]> };

type ValueOf<O extends Option> = O extends { readonly many: true }
  ? readonly NonNullable<ReturnType<O["read"]>>[]
  : NonNullable<ReturnType<O["read"]>>;

/** Every option there is. */
export const OPTIONS: Readonly<Record<OptionKey, Option>> = ALL;

/** Keys of the options that every command takes. */
export const GENERAL_OPTIONS = Object.keys(GENERAL) as OptionKey[];

/** Writes an option with its value as the command line takes it. */
export function optionText({ flag, value, bare }: Option): string {
  return `--${flag}${value === undefined ? "" : bare === undefined ? ` ${value}` : `[=${value}]`}`;
}

function matching(pattern: RegExp): (given: unknown) => string | undefined {
  return (given) => typeof given === "string" && pattern.test(given) ? given : undefined;
}

function numberIn(given: unknown, least: number, most: number): number | undefined {
  return typeof given === "number" && given >= least && given <= most ? given : undefined;
}

function wholeIn(given: unknown, least: number, most: number): number | undefined {
  return Number.isInteger(given) ? numberIn(given, least, most) : undefined;
}

function sizeIn(given: unknown, least: number, most: number): number | undefined {
  return wholeIn(typeof given === "string" ? parseSize(given) : given, least, most);
}
