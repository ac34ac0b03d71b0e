import { encodeHandshakePayload, type HandshakePayload } from "../../../lib/protocol/handshake_payload.ts";
import type { Hearsay } from "../../../lib/protocol/hearsay.ts";
import { bytes, notInteger, notText, rawObject, utf8 } from "./bytes.ts";
import { malformedMessages, messageVectors } from "./messages.ts";

const FLAT: [
  what: string,
  json: Uint8Array | string,
  members: [name: string, type: string, value?: string | number][],
][] = [
  ["no members", "{}", []],
  ["white space everywhere", ' \t\r\n{ "a" : 1 ,\n"b"\t: true }\r\n', [["a", "integer", 1], ["b", "true"]]],
  ["every type", '{"s":"x","i":0,"n":-1,"t":true,"f":false,"z":null}', [
    ["s", "string", "x"],
    ["i", "integer", 0],
    ["n", "number"],
    ["t", "true"],
    ["f", "false"],
    ["z", "null"],
  ]],
  ["largest integer", '{"i":9007199254740991}', [["i", "integer", 9007199254740991]]],
  ["one more", '{"n":9007199254740992}', [["n", "number"]]],
  ["integers that 64 bits do not hold", '{"a":18446744073709551616,"b":18446744073709551617}', [[
    "a",
    "number",
  ], ["b", "number"]]],
  ["numbers of every other form", '{"a":-0,"b":1.0,"c":1e0,"d":-1.5E-7,"e":1E400,"f":0e1}', [
    ["a", "number"],
    ["b", "number"],
    ["c", "number"],
    ["d", "number"],
    ["e", "number"],
    ["f", "number"],
  ]],
  ["every escape", '{"e":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u00E4"}', [["e", "string", '"\\/\b\f\n\r\tää']]],
  ["escaped surrogate pair", '{"e":"\\ud83D\\uDE00"}', [["e", "string", "\u{1F600}"]]],
  ["names that are a backslash and a newline", '{"\\\\":1,"\\n":2}', [["\\", "integer", 1], [
    "\n",
    "integer",
    2,
  ]]],
  ["escape in a name", '{"\\u0061":1}', [["a", "integer", 1]]],
  ["characters of two, three and four bytes", '{"ä":"実\u{1F600}"}', [["ä", "string", "実\u{1F600}"]]],
  ["empty name, empty text", '{"":""}', [["", "string", ""]]],
  ["a name that means something in JavaScript", '{"__proto__":null,"constructor":1}', [
    ["__proto__", "null"],
    ["constructor", "integer", 1],
  ]],
  ["DEL and U+FFFF in a text", '{"e":"\x7f\uffff"}', [["e", "string", "\x7f\uffff"]]],
  ["byte-order mark in a text", '{"e":"\ufeff"}', [["e", "string", "\ufeff"]]],
  ["32 members", flatOf(32), Array.from({ length: 32 }, (_, i) => [`m${i}`, "integer", i])],
];

const NOT_FLAT: [what: string, json: Uint8Array | string][] = [
  ["nothing", ""],
  ["white space", " "],
  ["byte-order mark", "\ufeff{}"],
  ["array", "[]"],
  ["text", '"a"'],
  ["number", "1"],
  ["null", "null"],
  ["object as a value", '{"a":{}}'],
  ["array as a value", '{"a":[]}'],
  ["not closed", '{"a":1'],
  ["closed twice", "{}}"],
  ["something behind it", "{} 1"],
  ["zero byte behind it", bytes("{}", 0)],
  ["comma at the end", '{"a":1,}'],
  ["comma alone", "{,}"],
  ["no comma", '{"a":1 "b":2}'],
  ["semicolon", '{"a":1;"b":2}'],
  ["no colon", '{"a" 1}'],
  ["no value", '{"a":}'],
  ["no name", "{:1}"],
  ["name without quotes", "{a:1}"],
  ["name in single quotes", "{'a':1}"],
  ["a member twice", '{"a":1,"a":1}'],
  ["a member twice, once with an escape", '{"a":1,"\\u0061":2}'],
  ["a null member twice", '{"a":null,"a":null}'],
  ["33 members", flatOf(33)],
  ["leading zero", '{"a":01}'],
  ["leading zero behind a minus", '{"a":-01}'],
  ["leading plus", '{"a":+1}'],
  ["minus alone", '{"a":-}'],
  ["no digits before the point", '{"a":.5}'],
  ["no digits after the point", '{"a":1.}'],
  ["exponent without digits", '{"a":1e}'],
  ["exponent with only a sign", '{"a":1e-}'],
  ["hexadecimal", '{"a":0x1}'],
  ["NaN", '{"a":NaN}'],
  ["literal in capitals", '{"a":TRUE}'],
  ["literal cut off", '{"a":nul}'],
  ["literal with something behind it", '{"a":nulll}'],
  ["text not closed", '{"a":"b}'],
  ["text that ends in an escape", '{"a":"\\'],
  ["unknown escape", '{"a":"\\x41"}'],
  ["escape with three digits", '{"a":"\\u041"}'],
  ["escape with a sign", '{"a":"\\u+041"}'],
  ["escape of U+0000", '{"a":"\\u0000"}'],
  ["escape of U+0000 in a name", '{"\\u0000":1}'],
  ["newline in a text", '{"a":"\n"}'],
  ["zero byte in a text", bytes('{"a":"', 0, '"}')],
  ["escape of a lone high surrogate", '{"a":"\\ud800"}'],
  ["escape of a lone low surrogate", '{"a":"\\udc00"}'],
  ["high surrogate before another character", '{"a":"\\ud800\\u0041"}'],
  ["two high surrogates", '{"a":"\\ud800\\ud800\\udc00"}'],
  ["overlong character", bytes('{"a":"', 0xc0, 0x80, '"}')],
  ["surrogate as three bytes", bytes('{"a":"', 0xed, 0xa0, 0x80, '"}')],
  ["past U+10FFFF", bytes('{"a":"', 0xf4, 0x90, 0x80, 0x80, '"}')],
  ["character cut off", bytes('{"a":"', 0xe2, 0x82, '"}')],
  ["no-break space as white space", '{\u00a0"a":1}'],
];

const PAYLOAD: HandshakePayload = {
  name: "lab-pc",
  kind: "linux",
  boot: 305419896,
  app: "earshot/0.1.0",
  rx: 65535,
  window: 1024,
};
const PAYLOADS: [what: string, payload: HandshakePayload][] = [
  ["desktop", PAYLOAD],
  ["board with the least of everything", {
    name: "b",
    kind: "esp32c3",
    boot: 0,
    app: "b",
    rx: 1024,
    window: 1,
  }],
  ["short-lived command with the most of everything", {
    name: "\u{1F99C}".repeat(32),
    kind: "k".repeat(16),
    boot: 4294967295,
    app: "~".repeat(64),
    rx: 65535,
    window: 65535,
    can: "ask",
    brief: true,
  }],
  ["short-lived command that waits for answers", { ...PAYLOAD, can: "ask", brief: true, answers: true }],
  ["features, some of them of a later version", { ...PAYLOAD, can: "ask peers holograms-2" }],
  ["as many features as there may be", { ...PAYLOAD, can: Array(16).fill("x").join(" ") }],
];

/** Frames, messages and what surrounds them; and what a reader of each must refuse. */
export function frameVectors(): Record<string, unknown> {
  return {
    about:
      "PROTOCOL.md 2.9 to 2.12. Bytes in hex. `messages`: reading the record plaintext `hex` gives one message of this type " +
      "with these `head` members and this `body` (of `unknown` only the number counts); `written` where writing it gives `hex`. " +
      "`plaintexts`: several frames in one record. `flat`: members of a JSON object in their order, `number` for a number " +
      "that is no integer from 0 to 2^53-1. `records`: a stream, taken apart with `max` as the largest length; `rest` bytes wait " +
      "for more. `malformed_…`: reading fails with that error; of a stream after the good records before it.",
    ...messageVectors(),
    malformed_plaintexts: malformedPlaintexts(),
    malformed_messages: malformedMessages(),
    flat: FLAT.map(([what, json, members]) => ({
      what,
      hex: bytes(json),
      members: members.map(([name, type, value]) => ({ name, type, value })),
    })),
    malformed_flat: NOT_FLAT.map(([what, json]) => ({ error: "bad-json", what, hex: bytes(json) })),
    handshake_payloads: [
      ...PAYLOADS.map(([what, fields]) => ({
        what,
        written: true,
        fields,
        hex: encodeHandshakePayload(fields),
      })),
      {
        what: "unknown members, another order",
        written: false,
        fields: PAYLOAD,
        hex: utf8(payload({ x: "1", name: undefined, "name ": '"x"' }).slice(0, -1) + ',"name":"lab-pc"}'),
      },
      { what: "brief is false", written: false, fields: PAYLOAD, hex: utf8(payload({ brief: "false" })) },
      {
        what: "answers is false",
        written: false,
        fields: { ...PAYLOAD, brief: true },
        hex: utf8(payload({ brief: "true", answers: "false" })),
      },
      { what: "as long as it may be", written: false, fields: PAYLOAD, hex: utf8(payload({}).padEnd(512)) },
    ],
    malformed_handshake_payloads: malformedPayloads(),
    ...hearsayVectors(),
    ...recordVectors(),
  };
}

function malformedPlaintexts() {
  const list: [error: string, what: string, data: Uint8Array][] = [
    ["too-short", "no frame", bytes()],
    ["too-short", "one byte", bytes(8)],
    ["too-short", "header cut off", bytes(8, 0, 7, 0)],
    ["too-short", "no head", bytes(8, 0, 7, 0, 0)],
    ["too-short", "head cut off", bytes(8, 0, 7, 0, 0, '{"n":1')],
    ["too-short", "no body", bytes(4, 0, 20, 0, 1, '{"seq":1,"offset":0}')],
    ["too-short", "body cut off", bytes(4, 0, 20, 255, 255, '{"seq":1,"offset":2}', new Uint8Array(200))],
    ["too-short", "largest lengths, nothing there", bytes(3, 2, 0, 255, 255)],
    ["too-short", "second frame's header cut off", bytes(8, 0, 7, 0, 0, '{"n":1}', 8, 0)],
    ["too-short", "second frame's head cut off", bytes(8, 0, 7, 0, 0, '{"n":1}', 8, 0, 7, 0, 0, '{"n":')],
    ["too-long", "head a byte over the limit", bytes(8, 2, 1, 0, 0, '{"n":1}'.padEnd(513))],
    ["too-long", "head far over the limit", bytes(8, 255, 255, 0, 0)],
    ["too-long", "head over the limit in an unknown frame", bytes(14, 2, 1, 0, 0, new Uint8Array(513))],
    ["bad-json", "head is no object", bytes(8, 0, 4, 0, 0, "null")],
    ["bad-json", "head of an unknown frame is no object", bytes(14, 0, 1, 0, 0, "1")],
    ["bad-json", "head of a frame without members is white space", bytes(6, 0, 1, 0, 4, " ", 0, 0, 0, 1)],
    ["bad-json", "zero byte behind the head", bytes(8, 0, 8, 0, 0, '{"n":1}', 0)],
    ["bad-json", "second frame's head is cut", bytes(8, 0, 7, 0, 0, '{"n":1}', 8, 0, 6, 0, 0, '{"n":1')],
    ["bad-type", "unknown type that ends the session", bytes(128, 0, 0, 0, 0)],
    ["bad-type", "the last such type, with head and body", bytes(255, 0, 7, 0, 1, '{"n":1}', 0)],
    ["bad-type", "such a type behind a good frame", bytes(8, 0, 7, 0, 0, '{"n":1}', 200, 0, 2, 0, 0, "{}")],
  ];
  return list.map(([error, what, hex]) => ({ error, what, hex }));
}

function malformedPayloads() {
  const fields: [name: string, wrong: [what: string, value: string | undefined][]][] = [
    ["name", notText("", "n".repeat(33), "a\u200bb")],
    ["kind", notText("", "ESP32", "k".repeat(17))],
    ["boot", notInteger(0, 2 ** 32 - 1)],
    ["app", notText("", "a".repeat(65), "ä", "a\n")],
    ["rx", notInteger(1024, 65535)],
    ["window", notInteger(1, 65535)],
    ["can", [
      ...notText("", " ask", "ask ", "ask  peers", "ask,peers", "Ask", "c".repeat(33)).slice(1),
      ["17 words", JSON.stringify(Array(17).fill("x").join(" "))],
    ]],
    ["answers", [["null", "null"], ["a number", "1"], ["a text", '"true"']]],
    ["brief", [["null", "null"], ["a number", "1"], ["a text", '"true"']]],
  ];
  const list: [error: string, what: string, json: Uint8Array | string][] = [
    ["bad-json", "nothing", ""],
    ["bad-json", "cut off", payload({}).slice(0, -1)],
    ["bad-json", "a member twice", payload({}).slice(0, -1) + ',"rx":1024}'],
    ["bad-json", "not UTF-8", bytes(payload({ x: '"' }).slice(0, -1), 0xe4, '"}')],
    ["too-long", "a byte over the limit", payload({}).padEnd(513)],
    ["too-long", "far over the limit", new Uint8Array(2000)],
    ...fields.flatMap(([name, wrong]) =>
      wrong.map((
        [what, value],
      ): [string, string, string] => ["bad-field", `${name}: ${what}`, payload({ [name]: value })])
    ),
  ];
  return list.map(([error, what, json]) => ({ error, what, hex: bytes(json) }));
}

function payload(changes: Readonly<Record<string, string | undefined>>): string {
  const members = Object.fromEntries(
    Object.entries(PAYLOAD).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  return rawObject({ ...members, ...changes });
}

function hearsayVectors() {
  const bob = { id: "mboz3s4cpdwum3xixxzs6az6", name: "bob", kind: "linux", address: "10.0.1.5", port: 3333, age: 0 };
  const eve = { ...bob, name: "\u{1F99C} 2", kind: "esp32c3", address: "fd83::5", port: 1, age: 4294967295 };
  const of = (object: unknown) => {
    const json = typeof object === "string" ? utf8(object) : bytes(JSON.stringify(object));
    return bytes(json.length >> 8, json.length & 255, json);
  };
  const good: [what: string, written: boolean, peers: Hearsay[], body: Uint8Array][] = [
    ["one", true, [bob], of(bob)],
    ["two", true, [eve, bob], bytes(of(eve), of(bob))],
    ["an address near the link-local ones", true, [{ ...bob, address: "fe8::5" }], of({ ...bob, address: "fe8::5" })],
    ["as many as there may be", true, Array(32).fill(bob), bytes(...Array(32).fill(of(bob)))],
    ["unknown members, white space, another order", false, [bob], of(
      '{"x":1,"age":0,"port":3333,"address":"10.0.1.5","kind":"linux", "name":"bob","id":"mboz3s4cpdwum3xixxzs6az6"}',
    )],
  ];
  const wrong: [error: string, what: string, body: Uint8Array][] = [
    ["bad-length", "none", bytes()],
    ["bad-length", "half a length", bytes(0)],
    ["bad-length", "cut off", of(bob).subarray(0, 40)],
    ["bad-length", "half a length behind a good one", bytes(of(bob), 0)],
    ["bad-length", "one too many", bytes(...Array(33).fill(of(bob)))],
    ["too-long", "one over the limit", of(JSON.stringify(bob).padEnd(513))],
    ["bad-json", "of no length", bytes(0, 0)],
    ["bad-json", "no object", of("1")],
    ...Object.entries({
      id: ["mboz3s", "", "MBOZ3S4CPDWUM3XIXXZS6AZ6"],
      name: ["", "a\nb", "n".repeat(33)],
      kind: ["Linux", ""],
      address: ["", "lab-pc", "fe80::5", "febf::5", "fd83::5%eth0", "10.0.1", "[fd83::5]"],
      port: [0, 65_536, "3333", null],
      age: [4_294_967_296, "1", null],
    }).flatMap(([name, values]) =>
      [...values, undefined].map((value): [string, string, Uint8Array] => [
        "bad-field",
        `${name}: ${value === undefined ? "missing" : JSON.stringify(value)}`,
        bytes(of(bob), of({ ...bob, [name]: value })),
      ])
    ),
  ];
  return {
    hearsay: good.map(([what, written, peers, hex]) => ({ what, written, peers, hex })),
    malformed_hearsay: wrong.map(([error, what, hex]) => ({ error, what, hex })),
  };
}

function recordVectors() {
  const r = (length: number) => bytes(length >> 8, length & 255, new Uint8Array(length).fill(0xaa));
  const streams: [what: string, max: number, stream: Uint8Array, lengths: number[], rest: number][] = [
    ["nothing", 1024, bytes(), [], 0],
    ["half a length", 1024, bytes(0), [], 1],
    ["a length without bytes", 1024, bytes(4, 0), [], 2],
    ["shortest", 1024, r(1), [1], 0],
    ["as long as it may be", 1024, r(1024), [1024], 0],
    ["three", 64, bytes(r(16), r(64), r(1)), [16, 64, 1], 0],
    ["two and a part", 64, bytes(r(16), r(64), r(20).subarray(0, 21)), [16, 64], 21],
    ["two and half a length", 64, bytes(r(16), r(16), 0), [16, 16], 1],
    ["largest of all, cut off", 65535, bytes(255, 255, 1, 2, 3), [], 5],
    ["length of 256", 256, r(256), [256], 0],
  ];
  const malformed: [error: string, what: string, max: number, stream: Uint8Array, good: number][] = [
    ["too-short", "empty record", 1024, bytes(0, 0), 0],
    ["too-short", "empty record with something behind it", 1024, bytes(0, 0, r(16)), 0],
    ["too-short", "empty record behind a good one", 1024, bytes(r(16), 0, 0), 1],
    ["too-long", "one over the limit, nothing there yet", 1024, bytes(4, 1), 0],
    ["too-long", "one over the limit, all there", 1024, r(1025), 0],
    ["too-long", "largest length", 1024, bytes(255, 255), 0],
    ["too-long", "one over the limit behind a good one", 64, bytes(r(64), r(65)), 1],
    ["too-long", "one over the limit behind two good ones", 64, bytes(r(1), r(1), 0, 65), 2],
    ["too-long", "text of another protocol", 4096, bytes("GET / HTTP/1.1\r\n\r\n"), 0],
    ["too-long", "the first bytes of a session once more", 4096, bytes("ES1\n"), 0],
    ["too-long", "one over the largest handshake message", 512, bytes(2, 1, 0), 0],
    ["too-long", "limit of one byte", 1, bytes(0, 2), 0],
  ];
  return {
    records: streams.map(([what, max, hex, lengths, rest]) => ({ what, max, hex, lengths, rest })),
    malformed_records: malformed.map(([error, what, max, hex, good]) => ({ error, what, max, hex, good })),
  };
}

function flatOf(members: number): string {
  return rawObject(Object.fromEntries(Array.from({ length: members }, (_, i) => [`m${i}`, String(i)])));
}
