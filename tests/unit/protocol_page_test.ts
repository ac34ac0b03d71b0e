import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseJoinCode } from "../../lib/identity/join_code.ts";
import { decodeAnnouncement } from "../../lib/protocol/announcement.ts";
import { ProtocolError } from "../../lib/protocol/protocol_error.ts";
import { isFinalNak } from "../../lib/protocol/refusal.ts";
import type { FlatObject, FlatValue } from "../../lib/protocol/flat_json.ts";
import { FrameType } from "../../lib/protocol/frame.ts";
import { decodeHandshakePayload } from "../../lib/protocol/handshake_payload.ts";
import * as limits from "../../lib/protocol/limits.ts";
import { decodeMessage, decodeMessages } from "../../lib/protocol/message.ts";
import { codeWords } from "../support/page.ts";
import {
  closedHandshakeBlock,
  exchangeBlocks,
  EXCHANGED,
  groupBlock,
  type HandshakeVector,
  identityBlock,
  recordBlock,
  sealedBlock,
} from "../support/protocol_dump.ts";
import {
  amount,
  bytesOf,
  entries,
  filesIn,
  PROTOCOL,
  quantities,
  source,
  VECTORS_PAGE,
  word,
} from "../support/protocol_page.ts";

// Where a block of hex is not as the code makes it, the failure shows what it has to be.

const NUMBERS = ["### 4.1 Announcements", "### 4.2 Sessions and delivery"];
const LIMITS = "### 4.3 Limits";

const [SEALED] = PROTOCOL.blocks("hex", PROTOCOL.section("### 2.7 Announcements")) as [string];
const RECORDS = PROTOCOL.blocks("hex", PROTOCOL.section("### 2.12 Heads"));

type Vectors = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

function vectors(file: string): Vectors {
  return JSON.parse(source(`tests/vectors/${file}`));
}

Deno.test("the sealed announcement is what the real codec reads and writes for the fields beside it", () => {
  const { announceKey } = parseJoinCode(String(vectors("identity.json").join_codes![0]!.code));
  const fields = JSON.parse(PROTOCOL.blocks("text", PROTOCOL.section("### 2.7 Announcements")).at(-1)!);
  assertEquals(SEALED, sealedBlock(bytesOf(SEALED), fields, announceKey!));
});

Deno.test("the records are what the real codec reads and writes, and each of their frames is in the vectors", () => {
  const known = vectors("frames.json").messages!.map((entry) => entry.hex);
  const types = new Set(EXCHANGED.map(([, { type }]) => type as string));
  for (const shown of RECORDS) {
    const { block, frames } = recordBlock(bytesOf(shown));
    assertEquals(shown, block);
    for (const frame of frames) assert(known.includes(frame.toHex()));
    for (const { type } of decodeMessages(bytesOf(shown))) types.add(type);
  }
  // What a list of peers holds is flat JSON like all heads.
  assertEquals(types, new Set(Object.keys(FrameType).filter((type) => type !== "peers")));
});

Deno.test("the page has at most 1 000 lines, and a fifth of that for its examples", () => {
  const lines = PROTOCOL.text.split("\n").length - 1;
  const examples = [...PROTOCOL.blocks("hex"), ...PROTOCOL.blocks("text")].map((block) =>
    block.split("\n").length + 1
  );
  assert(lines <= 1000, `${lines}`);
  assert(examples.reduce((a, b) => a + b) <= 200);
});

Deno.test("the worked exchange, id, join code and handshakes are those of the vectors, and no other hex is on the page", () => {
  const [open, closed] = vectors("handshake.json").handshakes as unknown as HandshakeVector[];
  const worked = [...exchangeBlocks(open!), identityBlock(), groupBlock(), closedHandshakeBlock(closed!)];
  const rest = PROTOCOL.blocks("hex").filter((block) => block !== SEALED && !RECORDS.includes(block));
  assertEquals(rest, worked);
});

Deno.test("the table of limits has every limit of the code with its number, and no other", () => {
  const table = entries(LIMITS).map(({ value, names: [name, ...others] }) => {
    assertEquals(others, []);
    return [name!, amount(value)] as const;
  });
  assertEquals(new Set(table.map(([name]) => name)).size, table.length);
  assertEquals(Object.fromEntries(table), { ...limits });
});

Deno.test("every time and number of announcements and sessions is the one in the code", () => {
  let place = "";
  let count = 0;
  for (const { what, value, names } of NUMBERS.flatMap(entries)) {
    // The first value of a row says where in lib/ the names of all of them are.
    const [first, ...others] = names;
    if (/[a-z]/.test(first!)) place = first!;
    const inCode = (/[a-z]/.test(first!) ? others : names).map((name) => constant(`lib/${place}`, name));
    const expected = inCode.length === 1 ? inCode[0] : inCode.reduce<number>((a, b) => a * Number(b), 1);
    assertEquals(amount(value), expected, what);
    count++;
  }
  assert(count > 40);
});

Deno.test("no amount of time or memory stands anywhere on the page that no checked table has", () => {
  const checked = new Set([...NUMBERS, LIMITS].flatMap(entries).flatMap(({ value }) => quantities(value)));
  const text = PROTOCOL.text.replaceAll(/^```hex$[^]*?^```$/gm, "").replaceAll(/\s+/g, " ");
  assertEquals(quantities(text).filter((quantity) => !checked.has(quantity)), []);
});

Deno.test("the members of announcements are those of the codec, in its order, with their values", () => {
  const members = PROTOCOL.rows("### 2.7 Announcements").map(member);
  assertEquals(members.map(({ name }) => name), declared("announcement.ts", "Announcement"));
  checkMembers(members, {}, (object) => decodeAnnouncement(utf8(`ES1.${JSON.stringify(object)}`)));
});

Deno.test("the members of handshake payloads are those of the codec, in its order, with their values", () => {
  const members = PROTOCOL.rows("### 2.9 Handshake payloads").map(member);
  assertEquals(members.map(({ name }) => name), declared("handshake_payload.ts", "HandshakePayload"));
  checkMembers(members, {}, (object) => decodeHandshakePayload(utf8(JSON.stringify(object))));
});

Deno.test("the members of what is told of a peer are those of the codec", () => {
  const [, sentence] = /^Each object of a `peers`([^]*?)\.$/m.exec(PROTOCOL.section("### 2.12 Heads"))!;
  const named = new Set(codeWords(sentence!).filter((name) => name !== "u32"));
  assertEquals(named, new Set(declared("hearsay.ts", "Hearsay")));
});

Deno.test("the frame types are those of the codec, with the members of their heads, and without body where none is", () => {
  const types = PROTOCOL.rows("### 2.11 Frame types").map(([type, name, , body]) => ({
    type: Number(type),
    name: word(name) as keyof typeof FrameType,
    body: body!,
  }));
  assertEquals(Object.fromEntries(types.map(({ name, type }) => [name, type])), { ...FrameType });
  const heads = PROTOCOL.rows("### 2.12 Heads").map(([frame, ...rest]) => ({
    frame: word(frame),
    ...member(rest),
  }));
  for (const { type, name, body } of types) {
    const members = heads.filter(({ frame }) => frame === name);
    const inCode = declared("message.ts", `${name[0]!.toUpperCase()}${name.slice(1)}Message`);
    assertEquals(members.map((each) => each.name), inCode.filter((field) => !OUTSIDE_HEAD.includes(field)));
    const { [name]: fixed = {} } = FIXED;
    const decode = (head: FlatObject, body = BODIES[name] ?? "") =>
      decodeMessage({ type, head, body: utf8(body) });
    checkMembers(members, fixed, decode);
    if (body === "none") {
      assertRefused(() => decode(goodObject(members, fixed), "x"), "bad-length", name);
    } else assert(name in BODIES, name);
  }
});

Deno.test("every error code, nak code and reason of a close is on its page, and no other", () => {
  const table = (heading: string, page = PROTOCOL) => page.rows(heading).map(([name]) => word(name));
  const codes = (of: string) => table(`### Codes of ${of}`, VECTORS_PAGE);
  const union = (file: string, type: string) => {
    const codes = source(file).match(new RegExp(`type ${type} =([^;]+);`))![1]!;
    return [...codes.matchAll(/"([^"]+)"/g)].map(([, each]) => each);
  };
  assertEquals(codes("the decoders"), union("lib/protocol/protocol_error.ts", "ProtocolErrorCode"));
  assertEquals(codes("the handshake"), union("lib/noise/noise_error.ts", "NoiseErrorCode"));
  assertEquals(codes("join codes"), union("lib/identity/join_code.ts", "JoinCodeProblem"));
  assertEquals(table("### 2.13 Codes of a refusal"), union("lib/protocol/refusal.ts", "NakCode"));
  for (const [name, final] of PROTOCOL.rows("### 2.13 Codes of a refusal")) {
    assertEquals(final, isFinalNak(word(name)) ? "yes" : "no");
  }
  const reasons = filesIn("lib/session", ".ts").flatMap((file) =>
    [...source(`lib/session/${file}`).matchAll(/\.close\("([^"]+)"\)/g)].map(([, reason]) => reason)
  );
  assertEquals(table("### 2.14 Reasons of a close").sort(), [...new Set(reasons)].sort());
});

Deno.test("the characters that the page keeps out of labels are those that the code keeps out", () => {
  const code = source("lib/protocol/label.ts");
  for (const [title, name] of [["Forbidden", "FORBIDDEN"], ["Stacking marks", "STACKING"]]) {
    const listed = PROTOCOL.text.match(new RegExp(`^${title}: ([^.]+)\\.`, "m"))![1]!.split(/,\s/);
    const table = code.match(new RegExp(`const ${name}[^=]*= ([^;]+);`))![1]!;
    const ranges = [...table.matchAll(/0x(\w+), 0x(\w+)/g)].map(([, from, to]) =>
      (from === to ? from! : `${from}-${to}`).toUpperCase()
    );
    assertEquals(listed, ranges);
  }
});

Deno.test("every file, list and member of the vectors is described, and no other", () => {
  const described = VECTORS_PAGE.section("## Files").split("\n### ").slice(1).flatMap((text) =>
    [...text.matchAll(/^- `(\w+)`: ([^.]+)\./gm)].map(([, list, shape]) => [
      `${word(text.split("\n")[0])} ${list}`,
      codeWords(shape!).sort(),
    ])
  );
  const there = filesIn("tests/vectors", ".json").flatMap((file) =>
    Object.entries(vectors(file)).filter(([name]) => name !== "about").map(([list, entries]) => [
      `${file} ${list}`,
      [...new Set(entries.flatMap((entry) => Object.keys(entry)))].sort(),
    ])
  );
  assertEquals(Object.fromEntries(described), Object.fromEntries(there));
});

Deno.test("every section of the page that the code refers to is there", () => {
  const sections = new Set([...PROTOCOL.text.matchAll(/^#+ (\d+(?:\.\d+)?) /gm)].map(([, number]) => number));
  const reference = /PROTOCOL\.md,?( sections?)? ((?:\d+(?:\.\d+)?(?:,? and |, | to |\b))+)/g;
  let count = 0;
  for (const file of ["lib", "firmware", "tests"].flatMap((folder) => [...sourcesIn(folder)])) {
    const oneLine = source(file).replaceAll(/\n\s*(?:\*|\/\/)?\s*/g, " ");
    for (const [text, named, numbers] of oneLine.matchAll(reference)) {
      assertEquals(named, undefined, `${file}: ${text} is a number of an older page`);
      for (const [number] of numbers!.matchAll(/\d+(?:\.\d+)?/g)) {
        assert(sections.has(number), `${file}: ${text}`);
      }
      count++;
    }
  }
  assert(count > 40);
});

function* sourcesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(`../../${folder}`, import.meta.url))) {
    if (isDirectory && name !== "build") yield* sourcesIn(`${folder}/${name}`);
    else if (/\.(ts|c|h|json)$/.test(name)) yield `${folder}/${name}`;
  }
}

interface Member {
  readonly name: string;
  readonly value: string;
  readonly isNeeded: boolean;
}

function member([name, value, given]: readonly string[]): Member {
  assert(given === "always" || given === "may", `${name}: ${given}`);
  return { name: word(name), value: value!, isNeeded: given === "always" };
}

type Samples = readonly [good: readonly FlatValue[], bad: readonly FlatValue[]];

/** Good and bad samples of the kinds of values that are no range of numbers. */
const SAMPLES: Readonly<Record<string, Samples>> = {
  flag: [[true, false], ["true", 1, null]],
  id: [["mboz3s4cpdwum3xixxzs6az6"], ["mboz3s", "MBOZ3S4CPDWUM3XIXXZS6AZ6", "0boz3s4cpdwum3xixxzs6az6"]],
  ulid: [["01JD3Q8X7Z9V5T2N4M6K8H0GWB"], [
    "01JD3Q",
    "81JD3Q8X7Z9V5T2N4M6K8H0GWB",
    "01jd3q8x7z9v5t2n4m6k8h0gwb",
  ]],
  label: [["a", "lab pc", "\u{1F600}".repeat(32)], ["", " a", "a\nb", "n".repeat(33), "all", "a".repeat(24)]],
  target: [["a", "mboz3s4cpdwum3xixxzs6az6"], ["", " a", "all", "MBOZ3S4CPDWUM3XIXXZS6AZ6"]],
  kind: [["esp32c3", "-".repeat(16)], ["", "Linux", "k".repeat(17)]],
  word: [["lab", "0-9", "w".repeat(32)], ["", "Lab", "w".repeat(33)]],
  app: [[" ", "~".repeat(64)], ["", "ä", "a".repeat(65)]],
  nonce: [["aaaqeayeaudao"], ["aaaqeayeaudap", "aaaqeayeauda"]],
  sha256: [["0f".repeat(32)], ["0F".repeat(32), "0f"]],
  words: [["ask", "a-1 b", Array(16).fill("x").join(" ")], [
    "",
    " a",
    "a ",
    "a  b",
    "A",
    Array(17).fill("x").join(" "),
    1,
    null,
  ]],
  filled: [["a", " \n"], ["", 1]],
  text: [["", "a\n"], [1, null]],
};

/** Members that a head needs to go with its body or with another member. */
const FIXED: Readonly<Record<string, FlatObject>> = { document: { size: 2 }, want: { offset: 0 } };
/** Members that mean something beside another one only. */
const BESIDE: Readonly<Record<string, FlatObject>> = { code: { re: "01JD3Q8X7Z9V5T2N4M6K8H0GWB" } };
/** Good bodies of the types that have one. */
const BODIES: Readonly<Record<string, string>> = {
  chat: "hi",
  document: "{}",
  part: "{",
  ack: "\x00\x00\x00\x01",
  peers: listOf(
    '{"id":"mboz3s4cpdwum3xixxzs6az6","name":"bob","kind":"linux","address":"10.0.1.5","port":3333,"age":0}',
  ),
};
/** Fields of a message that stand in the frame's header or body. */
const OUTSIDE_HEAD = ["type", "text", "body", "seqs", "peers"];

/** What a member may and may not be, as its cell says: a kind of value, a range, or one of some words. */
function samplesOf(value: string): Samples {
  const [first, ...more] = codeWords(value);
  const kind = PROTOCOL.rows("### 2.3 Values").find(([name]) => more.length === 0 && name === value)?.[1];
  const range = (kind ?? value).match(/^(?:whole number, )?([\d ]+) to ([\d ]+)$/)?.slice(1);
  if (range) {
    const [low, high] = range.map((number) => Number(number.replaceAll(" ", ""))) as [number, number];
    return [[low, high], [low - 1, high + 1, low + 0.5, String(low), null]];
  }
  if (kind !== undefined) return SAMPLES[first!]!;
  assert(more.length > 0, value);
  return [codeWords(value), ["", first!.toUpperCase(), first! + more[0]!, 1]];
}

function goodObject(members: readonly Member[], fixed: FlatObject): FlatObject {
  const needed = members.filter(({ isNeeded }) => isNeeded);
  return {
    ...Object.fromEntries(needed.map(({ name, value }) => [name, samplesOf(value)[0][0]!])),
    ...fixed,
  };
}

/** Every member at its limits and past them, given and left out. */
function checkMembers(
  members: readonly Member[],
  fixed: FlatObject,
  decode: (object: FlatObject) => unknown,
): void {
  const good = goodObject(members, fixed);
  decode(good);
  for (const { name, value, isNeeded } of members) {
    const [fine, wrong] = samplesOf(value);
    if (!(name in fixed)) fine.forEach((each) => decode({ ...good, ...BESIDE[name], [name]: each }));
    for (const each of wrong) {
      // What the flat reader makes of a number that is no whole one from 0 to 2^53 - 1.
      const read = typeof each === "number" && !(Number.isSafeInteger(each) && each >= 0) ? NaN : each;
      const object = { ...good, ...BESIDE[name], [name]: read };
      assertRefused(() => decode(object), "bad-field", `${name}: ${each}`);
    }
    const { [name]: _, ...without } = good;
    if (isNeeded) assertRefused(() => decode(without), "bad-field", `without ${name}`);
  }
}

function assertRefused(decode: () => unknown, code: string, what: string): void {
  assertEquals(assertThrows(decode, ProtocolError, undefined, what).code, code, what);
}

/** Members of an interface of lib/protocol, in their order, after those of the interface that it extends. */
function declared(file: string, name: string): string[] {
  const definition = new RegExp(`interface ${name}(?: extends (\\w+))? \\{\\n([^]*?)\\n\\}`);
  const [, base, body] = source(`lib/protocol/${file}`).match(definition)!;
  const own = [...body!.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field!);
  return [...base ? declared(file, base) : [], ...own];
}

/** A constant of a file or folder; where several files have one of that name, they must agree. */
function constant(place: string, name: string): number | number[] {
  const files = place.endsWith(".ts") ? [place] : filesIn(place, ".ts").map((file) => `${place}/${file}`);
  const definition = new RegExp(`^(?:export )?const ${name}(?:: [^=]+)? = ([^;]+);`, "m");
  const [value, ...others] = new Set(files.flatMap((file) => source(file).match(definition)?.slice(1) ?? []));
  assert(value !== undefined && others.length === 0, `${place} has no ${name}, or several`);
  const sum = (text: string) => text.split("+").map(product).reduce((a, b) => a + b);
  const product = (text: string) => text.split("*").map(factor).reduce((a, b) => a * b);
  const factor = (text: string) =>
    /[A-Z]/.test(text) ? Number(constant(place, text.trim())) : Number(text.replaceAll("_", ""));
  const list = value.match(/^\[(.*)\]$/)?.[1];
  return list === undefined ? sum(value) : list.split(",").map(sum);
}

/** A list of one object, as the body of a frame. */
function listOf(object: string): string {
  return `\0${String.fromCharCode(object.length)}${object}`;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
