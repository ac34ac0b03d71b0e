import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { programHelp } from "../../lib/cli/help.ts";
import { CHECKS } from "../../lib/doctor/checks.ts";
import { PEER_CHECKS } from "../../lib/doctor/peer_checks.ts";
import { GENERAL_OPTIONS, type OptionKey, OPTIONS, optionText } from "../../lib/config/options.ts";
import * as library from "../../lib/mod.ts";
import { DEFAULT_GROUP, settingsOf } from "../../lib/peer/settings.ts";
import { profilePaths } from "../../lib/platform/paths.ts";
import { isFinalNak, type NakCode } from "../../lib/protocol/refusal.ts";
import * as limits from "../../lib/protocol/limits.ts";
import { databasePath, openDatabase } from "../../lib/storage/database/open_database.ts";
import { answer } from "../../lib/storage/history/query.ts";
import { codeWords, Page } from "../support/page.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const MANUAL = new Page("MANUAL.md");
/** Every file of lib/. */
const SOURCES = sources("lib");

Deno.test("the tables of the doctor have every check in its order, and what it looks for", () => {
  for (const [section, checks] of [["Doctor", CHECKS], ["Looking at one peer", PEER_CHECKS]] as const) {
    const shown = MANUAL.rows(`### ${section}`).map(([check, title]) => [codeWords(check!)[0], title]);
    assertEquals(shown, checks.map(({ name, title }) => [name, title]));
  }
});

Deno.test("the table of general options has every one with its letter, and no other", () => {
  assertEquals(MANUAL.rows("## Options").map(([option]) => option), GENERAL_OPTIONS.map(shownOption));
});

Deno.test("the table of further options has every one with the commands that take it, and no other", () => {
  const shown = MANUAL.rows("## Options", 1).map(([option, commands]) => [option, codeWords(commands!)]);
  const keys = new Set(COMMANDS.flatMap(({ options }) => options));
  const expected = [...keys].map((key) => [shownOption(key), takers(key)]);
  assertEquals(shown.toSorted(), expected.toSorted());
});

Deno.test("the defaults in the tables of options are those of the program", () => {
  const { ports, accept, maxSize, quota, keepDays, keepSize, outboxDays } = settingsOf({ name: "a" });
  const values: Partial<Record<OptionKey, unknown>> = {
    group: DEFAULT_GROUP,
    port: ports[0],
    accept,
    maxSize,
    quota,
    keepDays,
    keepSize,
    outboxDays,
    timeout: constant("TIMEOUT"),
    wait: constant("LISTEN"),
    limit: constant("LIMIT"),
    programTimeout: constant("PROGRAM_TIMEOUT"),
    retries: constant("RETRIES"),
    parallel: constant("AT_A_TIME"),
  };
  const general = MANUAL.rows("## Options").map(([option, shown]) => [option, shown] as const);
  const further = MANUAL.rows("## Options", 1).map(([option, commands, shown]) =>
    [option, shown, commands] as const
  );
  const shown = [...general, ...further].flatMap(([cell, shown, commands]) => {
    const [given] = codeWords(shown!);
    if (given === undefined) return [];
    const isShown = (key: OptionKey) =>
      shownOption(key) === cell &&
      (commands === undefined || takers(key).join() === codeWords(commands).join());
    const key = (Object.keys(OPTIONS) as OptionKey[]).find(isShown)!;
    return [[key, OPTIONS[key].read(OPTIONS[key].numeric ? Number(given) : given)]];
  });
  assertEquals(Object.fromEntries(shown), values);
});

Deno.test("the options that the manual keeps out of the configuration file are those of the command line only", () => {
  const [, sentence] = /except ([^.]*)\./.exec(MANUAL.section("## Configuration file"))!;
  const only = Object.values(OPTIONS).filter((option) => option.commandLineOnly).map(({ flag }) =>
    `--${flag}`
  );
  assertEquals(codeWords(sentence!).toSorted(), only.toSorted());
});

Deno.test("the table of folders has those of each system", () => {
  const systems = [["linux", "/home/me", "~"], ["darwin", "/home/me", "~"], [
    "windows",
    "C:\\me",
    "%USERPROFILE%",
  ]] as const;
  const columns = systems.map(([os, home, shown]) => {
    const known: Record<string, string> = { HOME: home, USERPROFILE: home, LOCALAPPDATA: "C:\\local" };
    const paths = profilePaths(undefined, { os, env: (name) => known[name], accountHome: () => undefined });
    const text = (path: string) =>
      os !== "windows"
        ? path.replace(home, shown)
        : path.replaceAll("/", "\\").replace(known.LOCALAPPDATA!, "%LOCALAPPDATA%").replace(home, shown);
    return [text(paths.state), text(paths.inbox)];
  });
  const shown = MANUAL.rows("## Folders").map(([, ...cells]) => cells.map((cell) => codeWords(cell)[0]));
  assertEquals(shown, ["state", "inbox"].map((_, row) => columns.map((column) => column[row])));
});

Deno.test("the ports that the manual has firewalls open are those that the program uses", () => {
  const [first, last] = [limits.EARSHOT_PORT, limits.EARSHOT_PORT + limits.PORT_TRIES - 1];
  const text = MANUAL.text.replaceAll(/\s+/g, " ");
  for (
    const each of [
      `UDP port ${first} and TCP ports ${first} to ${last}`,
      `${first}/udp`,
      `${first}:${last}/tcp`,
    ]
  ) {
    assert(text.includes(each), each);
  }
});

// The compiler holds the following tables against the types, the tests the manual against the tables.

type Event<Name extends library.PeerEventName> = Extract<library.PeerEvent, { readonly event: Name }>;

/** Members of a type, with `may` for those that may be missing. */
type Members<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? "may" : "always" };

const always = "always" as const;
const may = "may" as const;

const EVENTS: { readonly [E in library.PeerEventName]: Members<Omit<Event<E>, "event" | "at">> } = {
  ready: { id: always, name: always, group: always, port: always, inbox: always, interfaces: always },
  peer: { state: always, id: always, name: always, was: may, kind: always, address: always, why: may },
  chat: { id: always, from: always, to: always, text: always },
  document: {
    id: always,
    from: always,
    name: always,
    path: always,
    size: always,
    stream: may,
    re: may,
    code: may,
  },
  ask: { id: always, from: always, name: always, path: always, size: always },
  delivered: { id: always, to: always },
  refused: { id: always, to: always, code: always, why: always },
  withdrawn: { id: always, to: always, why: may },
  warning: { code: always, message: always },
};

const PEER_INFO: Members<library.PeerInfo> = {
  id: always,
  name: always,
  kind: always,
  address: always,
  from: may,
  state: always,
  why: may,
  lastSeen: always,
  known: always,
  blocked: may,
  twins: may,
};

const DELIVERY_RESULT: Members<library.DeliveryResult> = {
  id: always,
  to: always,
  status: always,
  code: may,
  why: may,
  address: may,
};

const KNOWN_PEER: Members<library.KnownPeer> = { id: always, name: always, how: always, since: always };

const PEER_STATES: Record<Event<"peer">["state"], true> = {
  up: true,
  unreachable: true,
  gone: true,
  renamed: true,
};

const STATUSES: Record<library.DeliveryResult["status"], true> = {
  delivered: true,
  queued: true,
  refused: true,
  unreachable: true,
  unknown: true,
};

const REFUSALS: Record<NakCode, true> = {
  "not-json": true,
  "too-large": true,
  refused: true,
  corrupt: true,
  quota: true,
  busy: true,
};

Deno.test("the table of events has every event with its members, and no other", () => {
  const shown = MANUAL.rows("## Events").map((
    [event, members],
  ) => [codeWords(event!)[0], codeWords(members!)]);
  assertEquals(shown, Object.entries(EVENTS).map(([event, members]) => [event, shownMembers(members)]));
});

Deno.test("the states of a peer, what became of a message, and the codes of refusals are those of the program", () => {
  const first = (rows: string[][]) => rows.map(([cell]) => codeWords(cell!).join());
  assertEquals(first(MANUAL.rows("## Events", 1)), Object.keys(PEER_STATES));
  assertEquals(first(MANUAL.rows("## JSON output", 1)), Object.keys(STATUSES));
  const refusals = MANUAL.rows("## Codes").map(([code, , then]) => [codeWords(code!)[0], then]);
  assertEquals(
    refusals,
    Object.keys(REFUSALS).map((code) => [code, isFinalNak(code) ? "refused" : "tried again"]),
  );
});

Deno.test("the members of what commands print under --json are those of the types", () => {
  const shown = new Map(
    MANUAL.rows("## JSON output").map(([commands, members]) => [commands, codeWords(members!)]),
  );
  assertEquals(shown.get("`peers`"), shownMembers(PEER_INFO));
  assertEquals(shown.get("`say` `send`"), shownMembers(DELIVERY_RESULT));
  assertEquals(shown.get("`known`"), shownMembers(KNOWN_PEER));
});

Deno.test("the table of warnings has every code that the program warns with, and no other", () => {
  const shown = MANUAL.rows("## Codes", 1).map(([code]) => codeWords(code!)[0]!);
  const warning =
    /(?:\bwarn|\bwarning|#problem|#problems\.add)\(\s*"([a-z-]+)"|code: "([a-z-]+)",\s*message/g;
  const used = SOURCES.flatMap((text) => [...text.matchAll(warning)].map(([, a, b]) => a ?? b!));
  assertEquals(shown, [...new Set(used)].sort());
});

Deno.test("the table of exit codes, and the help, have those of the program, and no other", () => {
  const shown = MANUAL.rows("## Exit codes").map(([code]) => Number(code));
  assertEquals(shown, Object.values(library.ExitCode));
  const [, help] = programHelp(COMMANDS).split("Exit codes:\n");
  assertEquals(help!.split("\n").map((line) => parseInt(line)), shown);
});

Deno.test("the table of limits has the numbers of the program", () => {
  const most = /MOST = \{ files: ([\d_]+), folders: ([\d_]+)/;
  const [, files, folders] = SOURCES.map((text) => most.exec(text)).find((match) => match !== null)!;
  const expected = [
    size(limits.DOCUMENT_MAX),
    size(limits.DOCUMENT_LIMIT + 1),
    `${count(limits.INLINE_DOCUMENT_MAX)} B`,
    `${limits.JSON_DEPTH_MAX} levels`,
    `${limits.NAME_MAX} B`,
    `${limits.STREAM_MAX} B`,
    size(limits.CHAT_MAX),
    `${limits.LABEL_MAX} characters`,
    size(limits.INBOX_QUOTA),
    count(number(files!)),
    count(constant("FILES_PER_SENDER")),
    count(number(folders!)),
    count(constant("PER_PEER")),
    `${limits.OUTBOX_DAYS} days`,
    `${count(limits.OUTBOX_PEER_MESSAGES_MAX)} messages, ${size(limits.OUTBOX_PEER_MAX)}`,
    `${count(limits.OUTBOX_MESSAGES_MAX)} messages, ${size(limits.OUTBOX_MAX)}`,
    `${limits.HISTORY_DAYS} days`,
    size(limits.HISTORY_MAX),
    `${constant("CURSOR_WAITED_FOR_MS") / 86_400_000} days`,
    `${constant("QUERY_MS") / 1000} s, ${count(constant("ANSWER_ROWS"))} rows`,
    count(limits.ROSTER_MAX),
    count(limits.SESSIONS_MAX),
    size(constant("FILE_MAX")),
  ];
  assertEquals(MANUAL.rows("## Limits").map(([, value]) => value), expected);
});

Deno.test("the limits that the text repeats are those of the table", () => {
  const table = MANUAL.rows("## Limits").map(([, value]) => value).join("; ");
  const further = [
    `${constant("LARGE_TIMEOUT_MS") / 1000} s`,
    // Comments are removed from what is held in memory.
    size(constant("MEMORY_MAX")),
    `${constant("WAIT_FOR_ANYBODY") / 1000} s`,
    `${constant("DOCTOR_MS") / 1000} s`,
    `${constant("UNENDED_MAX").toString().replace(/\B(?=\d{3}$)/, " ")} B`,
  ];
  // What was measured is no limit.
  const text = MANUAL.text.replace(MANUAL.section("## Speed"), "").replaceAll(/\s+/g, " ");
  for (const [amount] of text.matchAll(/\d+(?: \d{3})* (?:bytes|MiB|GiB|days|s|levels|rows)\b/g)) {
    const shown = amount.replace("bytes", "B");
    assert(table.includes(shown) || further.includes(shown), amount);
  }
});

Deno.test("the table of the views has every column of both, and its queries are answered", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "earshot-manual-" });
  try {
    openDatabase(databasePath(folder)).close();
    const shown = MANUAL.rows("### SQL").map(([view, column]) => codeWords(`${view} ${column}`));
    const there = ["received", "sent"].flatMap((view) =>
      answer(folder, folder, `SELECT * FROM ${view}`)!.columns.map((column) => [view, column])
    );
    assertEquals(shown, there);
    for (const page of [MANUAL, new Page("README.md")]) {
      const queries = [...page.text.matchAll(/^earshot inbox sql "(.*)"/gm)];
      assert(queries.length > 0);
      for (const [, query] of queries) assertEquals(answer(folder, folder, query!)!.rows.length, 0, query);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what the manual says of integers of 20 digits is so", () => {
  const [query] = [...MANUAL.text.matchAll(/SELECT (body -> '[^']*')/g)].map(([, expression]) => expression!);
  const folder = Deno.makeTempDirSync({ prefix: "earshot-manual-" });
  try {
    openDatabase(databasePath(folder)).close();
    const ask = (expression: string) =>
      answer(folder, folder, `SELECT ${expression} FROM (SELECT '{"id": 12345678901234567890}' AS body)`)!
        .rows;
    assertEquals(ask(query!), [["12345678901234567890"]]);
    assertEquals(ask("json_extract(body, '$.id')"), [[12345678901234567000]]);
    assertEquals(ask("9007199254740993"), [["9007199254740993"]]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("the messages that the manual explains are messages of the program", () => {
  const shown = MANUAL.rows("## Troubleshooting").map(([message]) => codeWords(message!)[0]!);
  for (const message of shown) assert(SOURCES.some((text) => text.includes(message)), message);
});

Deno.test("the table of the library has everything that it exports, and no other", () => {
  const shown = MANUAL.rows("## Library").map(([name, kind]) => [codeWords(name!)[0]!, kind!]);
  const source = Deno.readTextFileSync(join(ROOT, "lib/mod.ts"));
  const types = [...source.matchAll(/^export type \{([^}]*)\}/gm)].flatMap(([, names]) =>
    names!.match(/\w+/g)!
  );
  const values = Object.entries(library).map(([name, value]) => [
    name,
    typeof value === "function" ? "class" : "value",
  ]);
  assertEquals(shown.toSorted(), [...values, ...types.map((name) => [name, "type"])].toSorted());
});

Deno.test("the table of a peer's members has every one, and no other", () => {
  const shown = MANUAL.rows("## Library", 1).flatMap(([members]) => codeWords(members!))
    .map((member) => /^(?:Peer\.)?(\w+)/.exec(member)![1]!);
  const { Peer } = library;
  const members = Object.getOwnPropertyNames(Peer.prototype).filter((name) => name !== "constructor");
  assertEquals(shown.toSorted(), ["start", ...members].toSorted());
});

Deno.test("the table of dependencies has the whole import map, and no other", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const [deno, ...shown] = MANUAL.rows("## Dependencies").map(([dependency]) => dependency!);
  const pinned = /\bdeno@([\d.]+)/.exec(Deno.readTextFileSync(join(ROOT, ".ci/run")))![1];
  assertEquals(deno, `Deno ${pinned}`);
  assertEquals(shown, Object.keys(imports).map((name) => `\`${name}\``));
});

function shownOption(key: OptionKey): string {
  const { short } = OPTIONS[key];
  const name = `\`${optionText(OPTIONS[key])}\``;
  return short === undefined ? name : `${name}, \`-${short}\``;
}

/** The commands that have an option beside the general ones; the chat is the program itself. */
function takers(key: OptionKey): string[] {
  return COMMANDS.filter(({ options }) => options.includes(key)).map(({ name }) => name || "earshot");
}

function shownMembers(members: Readonly<Record<string, "always" | "may">>): string[] {
  return Object.entries(members).map(([name, given]) => given === "may" ? `${name}?` : name);
}

/** A constant of lib/ that has this name; if several have it, they must agree. */
function constant(name: string): number {
  const definition = new RegExp(`^(?:export )?const ${name} = ([\\d_]+(?: (?:\\*|<<) [\\d_]+)*);`, "gm");
  const [text, ...others] = new Set(
    SOURCES.flatMap((text) => [...text.matchAll(definition)].map(([, value]) => value!)),
  );
  assert(text !== undefined && others.length === 0, `lib/ has no ${name}, or several`);
  const [first, second] = text.split("<<");
  return second === undefined
    ? text.split("*").map(number).reduce((a, b) => a * b)
    : number(first!) * 2 ** number(second);
}

function number(text: string): number {
  return Number(text.replaceAll("_", ""));
}

/** `64 MiB` */
function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = units.findLastIndex((_, i) => bytes >= 1024 ** i && bytes % 1024 ** i === 0);
  return `${bytes / 1024 ** power} ${units[power]}`;
}

/** `10 000` */
function count(number: number): string {
  return `${number}`.replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
}

function sources(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return sources(path);
    return name.endsWith(".ts") ? [Deno.readTextFileSync(join(ROOT, path))] : [];
  });
}
