import { isLabel, LABEL_RULE } from "../protocol/label.ts";
import { DOCUMENT_LIMIT } from "../protocol/limits.ts";
import { parseSize } from "./size.ts";

/** Values of all options, by key. Times are milliseconds, sizes bytes. */
export interface OptionValues {
  readonly name: string;
  readonly profile: string;
  readonly group: string;
  readonly port: number;
  readonly interface: readonly string[];
  readonly inbox: string;
  readonly state: string;
  readonly config: string;
  readonly accept: "everyone" | "known";
  readonly maxSize: number;
  readonly quota: number;
  readonly keepDays: number;
  readonly keepSize: number;
  readonly outboxDays: number;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
  readonly version: boolean;
  readonly to: readonly string[];
  readonly documentName: string;
  readonly stream: string;
  readonly timeout: number;
  readonly queue: boolean;
  readonly id: string;
  readonly wait: number;
  readonly watch: boolean;
  readonly sent: boolean;
  readonly from: string;
  readonly limit: number;
}

/** Key of an option. */
export type OptionKey = keyof OptionValues;

/** One option, on the command line and in the configuration file. */
export interface Option {
  /** Its name: `--flag` on the command line, the same as a key in the file. */
  readonly flag: string;
  /** One letter for `-x`. */
  readonly short?: string;
  /** What the help calls its value; absent where it takes none. */
  readonly value?: string;
  /** May be given more than once; an array (or a single value) in the file. */
  readonly many?: boolean;
  /** Whether its value is a path, relative to the folder of the file that it stands in. */
  readonly path?: boolean;
  /** Only on the command line. */
  readonly commandLineOnly?: boolean;
  /** Whether its value is a number, which the command line gives as text. */
  readonly numeric?: boolean;
  /** Line of the help. */
  readonly help: string;
  /** The value of what was given, undefined where that is none. */
  readonly read: (given: unknown) => unknown;
  /** What it must be, for the error message. */
  readonly expected: string;
}

function text(given: unknown): string | undefined {
  return typeof given === "string" && given !== "" ? given : undefined;
}

function matching(pattern: RegExp): (given: unknown) => string | undefined {
  return (given) => typeof given === "string" && pattern.test(given) ? given : undefined;
}

function label(given: unknown): string | undefined {
  const name = typeof given === "string" ? given.normalize("NFC") : "";
  return isLabel(name) ? name : undefined;
}

function port(given: unknown): number | undefined {
  return Number.isInteger(given) && (given as number) >= 1 && (given as number) <= 65535
    ? given as number
    : undefined;
}

function seconds(given: unknown): number | undefined {
  return typeof given === "number" && given >= 0 && given <= 7 * 86_400 ? given * 1000 : undefined;
}

function size(given: unknown): number | undefined {
  const bytes = typeof given === "string" ? parseSize(given) : given;
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0 ? bytes as number : undefined;
}

function documentSize(given: unknown): number | undefined {
  const bytes = size(given);
  return bytes !== undefined && bytes >= 1 && bytes <= DOCUMENT_LIMIT ? bytes : undefined;
}

function days(given: unknown): number | undefined {
  return typeof given === "number" && given >= 0 && given <= DAYS_MAX ? given : undefined;
}

function flag(given: unknown): boolean | undefined {
  return typeof given === "boolean" ? given : undefined;
}

function accept(given: unknown): string | undefined {
  return given === "everyone" || given === "known" ? given : undefined;
}

/** Longest time in days that can be asked for. */
const DAYS_MAX = 36_500;

const TEXT = { read: text, expected: "a text" };
const FLAG = { read: flag, expected: "true or false" };
const SECONDS = {
  read: seconds,
  expected: "a number of seconds, 0 to 604800",
  value: "SECONDS",
  numeric: true,
};

const DAYS = { read: days, expected: `a number of days, 0 to ${DAYS_MAX}`, value: "DAYS", numeric: true };

/** Every option there is. */
export const OPTIONS: { readonly [K in OptionKey]: Option } = {
  name: {
    flag: "name",
    value: "NAME",
    help: "what others see me as (the host name)",
    read: label,
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
    help: "TCP port for sessions (3333, or one of the next 16 where it is taken)",
    read: port,
    expected: "a number from 1 to 65535",
  },
  interface: {
    ...TEXT,
    flag: "interface",
    value: "NAME|ADDRESS",
    many: true,
    help: "network interface to use, repeatable (all of them)",
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
    read: accept,
    expected: '"everyone" or "known"',
  },
  maxSize: {
    flag: "max-size",
    value: "SIZE",
    help: "largest document taken, up to 4GiB (64MiB)",
    read: documentSize,
    expected: "a size from 1 byte to 4 GiB, like 500k, 64MiB or 1.5GB",
  },
  quota: {
    flag: "quota",
    value: "SIZE",
    help: "most that the inbox may hold (10GiB)",
    read: size,
    expected: "a size like 500MiB or 20GB",
  },
  keepDays: {
    ...DAYS,
    flag: "keep-days",
    help: "how long the history is kept; files in the inbox stay (90)",
  },
  keepSize: {
    flag: "keep-size",
    value: "SIZE",
    help: "how much the history may hold; files in the inbox stay (1GiB)",
    read: size,
    expected: "a size like 500MiB or 20GB",
  },
  outboxDays: {
    ...DAYS,
    flag: "outbox-days",
    help: "how long a message waits for its recipient (7)",
    read: (given) => given === 0 ? undefined : days(given),
    expected: `a number of days over 0, at most ${DAYS_MAX}`,
  },
  json: { ...FLAG, flag: "json", help: "one JSON object per line" },
  quiet: { ...FLAG, flag: "quiet", short: "q", help: "no remarks, only results and errors" },
  verbose: { ...FLAG, flag: "verbose", short: "v", help: "more detail, also about faults" },
  help: { ...FLAG, flag: "help", short: "h", commandLineOnly: true, help: "this help" },
  version: { ...FLAG, flag: "version", short: "V", commandLineOnly: true, help: "the version" },
  to: { ...TEXT, flag: "to", value: "NAME|ID|all", many: true, help: "recipient, repeatable" },
  documentName: {
    ...TEXT,
    flag: "name",
    value: "NAME",
    commandLineOnly: true,
    help: "file name at the recipient (that of the file)",
  },
  stream: { ...TEXT, flag: "stream", value: "NAME", help: "append to this stream at the recipient" },
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
    help: "take up the message with this id again",
    read: matching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
    expected: "a message id as `send --json` prints it (26 characters)",
  },
  wait: { ...SECONDS, flag: "wait", help: "how long to listen (1, and 4 while nobody is heard)" },
  watch: { ...FLAG, flag: "watch", commandLineOnly: true, help: "stay, and tell who comes and goes" },
  sent: { ...FLAG, flag: "sent", commandLineOnly: true, help: "what was sent, and what became of it" },
  from: {
    ...TEXT,
    flag: "from",
    value: "NAME|ID",
    commandLineOnly: true,
    help: "only what came from this peer",
  },
  limit: {
    flag: "limit",
    value: "COUNT",
    numeric: true,
    help: "how many at most, the newest first (20)",
    read: (given) => Number.isSafeInteger(given) && (given as number) >= 1 ? given : undefined,
    expected: "a whole number from 1",
  },
};

/** The options that every command takes. */
export const GENERAL_OPTIONS: readonly OptionKey[] = [
  "name",
  "profile",
  "group",
  "port",
  "interface",
  "inbox",
  "state",
  "config",
  "accept",
  "maxSize",
  "quota",
  "keepDays",
  "keepSize",
  "outboxDays",
  "json",
  "quiet",
  "verbose",
  "help",
  "version",
];
