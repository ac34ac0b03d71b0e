import { FrameType } from "../../../lib/protocol/frame.ts";
import { encodeMessage, type Message } from "../../../lib/protocol/message.ts";
import { bytes, fixed, notInteger, notText, rawObject, utf8 } from "./bytes.ts";

type Members = Readonly<Record<string, string | number | boolean>>;
type Wrong = [what: string, value: string | undefined];

const U32 = 4294967295;
const LARGEST = 9007199254740991;
const ID = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
const QUESTION = "01JD3Q8X7Z9V5T2N4M6K8H0GWA";
const SHA256 = fixed("document").toHex();
const NOTHING = new Uint8Array();
const READING = utf8('{"t":21.5}');

const WRITTEN: [what: string, message: Message][] = [
  ["to all", { type: "chat", seq: 1, id: ID, to: "all", text: "hello" }],
  ["to one, with its time", {
    type: "chat",
    seq: U32,
    id: ID,
    to: "you",
    at: 1732095000000,
    text: "Grüße\n実験室 \u{1F99C}",
  }],
  ["without text", { type: "chat", seq: 2, id: ID, to: "all", text: "" }],
  ["text at its longest", { type: "chat", seq: 3, id: ID, to: "all", text: "x".repeat(16384) }],
  ["small", { type: "document", seq: 1, id: ID, name: "reading.json", size: READING.length, body: READING }],
  ["small, with everything", {
    type: "document",
    seq: 2,
    id: ID,
    name: '../"\\\n\u{1F99C}',
    size: READING.length,
    at: 1732095000000,
    stream: "lab",
    sha256: SHA256,
    body: READING,
  }],
  ["large: only announced", {
    type: "document",
    seq: 3,
    id: ID,
    name: "big.json",
    size: 70000,
    sha256: SHA256,
    body: NOTHING,
  }],
  ["larger than anybody takes", {
    type: "document",
    seq: 4,
    id: ID,
    name: "a",
    size: LARGEST,
    at: LARGEST,
    sha256: SHA256,
    body: NOTHING,
  }],
  ["empty", { type: "document", seq: 5, id: ID, name: "empty.json", size: 0, body: NOTHING }],
  ["question", {
    type: "document",
    seq: 6,
    id: QUESTION,
    name: "ask.json",
    size: READING.length,
    at: 1732095000000,
    ask: true,
    body: READING,
  }],
  ["question, only announced", {
    type: "document",
    seq: 7,
    id: QUESTION,
    name: "ask.json",
    size: 65000,
    sha256: SHA256,
    ask: true,
    body: NOTHING,
  }],
  ["answer", {
    type: "document",
    seq: 8,
    id: ID,
    name: "answer.json",
    size: READING.length,
    re: QUESTION,
    body: READING,
  }],
  ["answer, only announced", {
    type: "document",
    seq: 9,
    id: ID,
    name: "answer.json",
    size: 65000,
    sha256: SHA256,
    re: QUESTION,
    body: NOTHING,
  }],
  ["answer: the program failed", {
    type: "document",
    seq: 10,
    id: ID,
    name: "answer.json",
    size: 11,
    re: QUESTION,
    code: "failed",
    body: utf8('"no sensor"'),
  }],
  ["answer: nobody answers there", {
    type: "document",
    seq: 11,
    id: ID,
    name: "answer.json",
    size: 16,
    re: QUESTION,
    code: "no-answer",
    body: utf8('"nobody answers"'),
  }],
  ["answer with a code of a later version", {
    type: "document",
    seq: 12,
    id: ID,
    name: "answer.json",
    size: 4,
    re: QUESTION,
    code: "c".repeat(32),
    body: utf8("null"),
  }],
  ["first", { type: "part", seq: 3, offset: 0, body: bytes("{") }],
  ["far behind", { type: "part", seq: 3, offset: LARGEST, body: bytes(0, 255) }],
  ["from the start", { type: "want", seq: 3, offset: 0, until: 262144 }],
  ["no credit yet", { type: "want", seq: U32, offset: LARGEST, until: LARGEST }],
  ["one", { type: "ack", seqs: [1] }],
  ["several, in any order", { type: "ack", seqs: [3, 1, 2, 65536, U32] }],
  ["final", { type: "nak", seq: 7, code: "not-json", why: "not JSON at byte 0" }],
  ["of a later version", { type: "nak", seq: 7, code: "on-holiday-2", why: "" }],
  ["smallest", { type: "ping", n: 0 }],
  ["largest", { type: "ping", n: U32 }],
  ["answer", { type: "pong", n: 305419896 }],
  ["smallest", { type: "void", seq: 1 }],
  ["largest", { type: "void", seq: U32 }],
  ["idle", { type: "close", why: "idle" }],
  ["a sentence", { type: "close", why: 'label "x" is taken' }],
];

/** Read, but not how an encoder of ours writes it. */
const READ: [
  what: string,
  type: Message["type"],
  number: number,
  json: string,
  head: Members,
  body?: Uint8Array,
][] = [
  ["white space, another order, unknown members", "ping", 8, ' { "x" : null , "n" : 5 }\n', { n: 5 }],
  ["escapes", "close", 12, '{"\\u0077hy":"i\\u0064le"}', { why: "idle" }],
  ["a head without members", "ack", 6, "{}", {}, bytes(0, 0, 0, 9)],
  ["a head with unknown members", "ack", 6, '{"x":"y"}', {}, bytes(0, 0, 0, 9)],
  ["head as long as it may be", "void", 11, '{"seq":1}'.padEnd(512), { seq: 1 }],
  ["byte-order mark in the text", "chat", 2, `{"seq":1,"id":"${ID}","to":"all"}`, {
    seq: 1,
    id: ID,
    to: "all",
  }, bytes(0xef, 0xbb, 0xbf, "a")],
  ["no question: ask is false", "document", 3, `{"seq":1,"id":"${ID}","name":"a","size":0,"ask":false}`, {
    seq: 1,
    id: ID,
    name: "a",
    size: 0,
  }],
  ["an answer whose ask is false", "document", 3, `{"seq":1,"id":"${ID}","name":"a","size":0,"ask":false,"re":"${QUESTION}"}`, {
    seq: 1,
    id: ID,
    name: "a",
    size: 0,
    re: QUESTION,
  }],
  ["type 0", "unknown", 0, "", {}],
  ["a free type, with head and body", "unknown", 1, '{"epoch":1,"upto":0}', {}, bytes(0x40, 0x80)],
  ["another free type, with a head", "unknown", 10, '{"epoch":1}', {}],
  ["next type, with head and body", "unknown", 13, '{"seq":"x"}', {}, bytes(1, 2, 3)],
  ["last type that is ignored", "unknown", 127, "{}", {}],
];

/** Head and body of a message as the vectors have them. */
function taken(message: Message): { head: Members; body: Uint8Array } {
  const { type: _, ...rest } = message;
  const members = Object.entries(rest).filter(([name]) =>
    !["body", "seqs", "frameType"].includes(name)
  );
  const head = Object.fromEntries(members.filter(([name]) => !(message.type === "chat" && name === "text")));
  if (message.type === "chat") return { head, body: utf8(message.text) };
  if (message.type === "ack") return { head, body: bytes(...message.seqs.flatMap(u32)) };
  return { head, body: "body" in message ? message.body : NOTHING };
}

/** Every message type, and records of several frames. */
export function messageVectors(): Record<string, unknown> {
  return {
    messages: [
      ...WRITTEN.map(([what, message]) => ({
        what,
        written: true,
        type: message.type,
        ...taken(message),
        hex: encodeMessage(message),
      })),
      ...READ.map(([what, type, number, json, head, body]) => ({
        what,
        written: false,
        type,
        ...(type === "unknown" && { number }),
        head,
        body: type === "unknown" ? NOTHING : body ?? NOTHING,
        hex: frame(number, json, body),
      })),
    ],
    plaintexts: [
      { what: "one frame", types: ["ping"], hex: frame(8, '{"n":1}') },
      {
        what: "three frames",
        types: ["void", "ack", "ping"],
        hex: bytes(frame(11, '{"seq":1}'), frame(6, "", bytes(...u32(1))), frame(8, '{"n":1}')),
      },
      {
        what: "an unknown one between",
        types: ["ping", "unknown", "pong"],
        hex: bytes(frame(8, '{"n":1}'), frame(99, "", bytes("new")), frame(9, '{"n":1}')),
      },
    ],
  };
}

/** For each type, at least ten that a reader refuses. */
export function malformedMessages() {
  const seq = notInteger(1, U32);
  const u32s = notInteger(0, U32);
  const large = notInteger(0, LARGEST);
  const id = notText(
    "",
    ID.slice(1),
    ID + "0",
    ID.toLowerCase(),
    "8" + ID.slice(1),
    ID.slice(0, -1) + "U",
    ID.slice(0, -1) + "I",
  );
  const optional = (wrong: Wrong[]) => wrong.filter(([what]) => what !== "missing");
  const pong: Case = { head: { n: "1" }, wrong: { n: u32s }, bodies: [["bad-length", "a body", bytes(0)]] };
  const cases: Record<string, Case> = {
    chat: {
      head: { seq: "1", id: `"${ID}"`, to: '"all"' },
      wrong: { seq, id, to: notText("", "All", "me"), at: optional(large) },
      body: utf8("hi"),
      bodies: [
        ["too-long", "text over its limit", new Uint8Array(16385).fill(0x61)],
        ["bad-utf8", "byte FF", bytes("a", 0xff)],
        ["bad-utf8", "overlong", bytes(0xc0, 0x80)],
        ["bad-utf8", "surrogate", bytes(0xed, 0xa0, 0x80)],
        ["bad-utf8", "cut off", bytes(0xf0, 0x9f, 0x98)],
      ],
    },
    document: {
      head: { seq: "1", id: `"${ID}"`, name: '"a.json"', size: "10" },
      wrong: {
        seq,
        id,
        name: notText(""),
        size: large,
        at: optional(large),
        stream: [
          ...optional(notText("")),
          ["in a question", '"s","ask":true'],
          ["in an answer", `"s","re":"${QUESTION}"`],
        ],
        ask: [["null", "null"], ["a number", "1"], ["a text", '"true"']],
        re: [...optional(id), ["in a question", `"${QUESTION}","ask":true`]],
        code: [
          ["without re", '"failed"'],
          ...optional(notText("", "Failed", "c".repeat(33), "no answer", "ä")).map(
            ([what, value]): Wrong => [what, `${value},"re":"${QUESTION}"`],
          ),
        ],
        sha256: optional(
          notText("", SHA256.slice(1), SHA256 + "0", SHA256.toUpperCase(), SHA256.slice(1) + "g"),
        ),
      },
      body: READING,
      bodies: [
        ["bad-field", "no body and no sha256", NOTHING],
        ["bad-length", "body shorter than its size", READING.subarray(1)],
        ["bad-length", "body longer than its size", bytes(READING, "\n")],
      ],
    },
    part: {
      head: { seq: "1", offset: "0" },
      wrong: { seq, offset: large },
      body: bytes("{"),
      bodies: [["bad-length", "no body", NOTHING]],
    },
    want: {
      head: { seq: "1", offset: "8", until: "8" },
      wrong: { seq, offset: large, until: [...large, ["before offset", "7"]] },
      bodies: [["bad-length", "a body", bytes(0)]],
    },
    ack: {
      head: {},
      wrong: {},
      body: bytes(...u32(1)),
      bodies: [
        ...[0, 1, 2, 3, 5, 6, 7, 9].map((
          length,
        ): Body => ["bad-length", `${length} bytes`, new Uint8Array(length).fill(1)]),
        ["bad-field", "number 0", bytes(...u32(0))],
        ["bad-field", "number 0 in the middle", bytes(...u32(1), ...u32(0), ...u32(2))],
        ["bad-field", "number 0 at the end", bytes(...u32(1), ...u32(0))],
      ],
    },
    nak: {
      head: { seq: "1", code: '"busy"', why: '""' },
      wrong: { seq, code: notText("", "Busy", "c".repeat(33), "not json", "ä"), why: notText() },
      bodies: [["bad-length", "a body", bytes(0)]],
    },
    ping: pong,
    pong,
    void: { head: { seq: "1" }, wrong: { seq }, bodies: [["bad-length", "a body", bytes(0)]] },
    close: {
      head: { why: '"idle"' },
      wrong: {
        why: [...notText(), ["false", "false"], ["negative", "-1"], ["a fraction", "0.5"], ["huge", "1e99"], [
          "zero",
          "0",
        ]],
      },
      bodies: [["bad-length", "a body", bytes(0)]],
    },
  };
  return Object.entries(cases).flatMap(([type, { head, wrong, body, bodies }]) => {
    const number = FrameType[type as keyof typeof FrameType];
    return [
      ...Object.entries(wrong).flatMap(([name, values]) =>
        values.map(([what, value]) => ({
          type,
          error: "bad-field",
          what: `${name}: ${what}`,
          hex: frame(number, rawObject({ ...head, [name]: value }), body),
        }))
      ),
      ...bodies.map(([error, what, wrongBody]) => ({
        type,
        error,
        what,
        hex: frame(number, Object.keys(head).length === 0 ? "" : rawObject(head), wrongBody),
      })),
    ];
  });
}

type Body = [error: string, what: string, body: Uint8Array];

interface Case {
  /** A good head, values as JSON text. */
  readonly head: Readonly<Record<string, string>>;
  /** What each member must not be. */
  readonly wrong: Readonly<Record<string, Wrong[]>>;
  /** A good body, where one is needed. */
  readonly body?: Uint8Array;
  /** What the body must not be behind the good head. */
  readonly bodies: Body[];
}

function frame(type: number, head: string, body: Uint8Array = NOTHING): Uint8Array {
  const headBytes = utf8(head);
  return bytes(
    type,
    headBytes.length >> 8,
    headBytes.length & 255,
    body.length >> 8,
    body.length & 255,
    headBytes,
    body,
  );
}

function u32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}
