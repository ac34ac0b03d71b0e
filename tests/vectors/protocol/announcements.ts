import { createCipheriv } from "node:crypto";
import {
  type Announcement,
  encodeAnnouncement,
  encodeRelay,
  sealAnnouncement,
} from "../../../lib/protocol/announcement.ts";
import { bytes, fixed, notInteger, notText, rawObject, utf8 } from "./bytes.ts";

const KEY = fixed("announce key");
const OTHER_KEY = fixed("another announce key");
const NONCE = fixed("nonce", 12);

const HELLO: Announcement = {
  t: "hello",
  id: "mboz3s4cpdwum3xixxzs6az6",
  name: "lab-pc",
  group: "earshot",
  kind: "linux",
  boot: 305419896,
  seq: 1,
  port: 3333,
  every: 10,
};
const ASK: Announcement = { ...HELLO, t: "ask", seq: 0, nonce: "aaaqeayeaudao" };
const LAB = { group: "lab" };

const WRITTEN: [what: string, announcement: Announcement][] = [
  ["hello", HELLO],
  ["ask", ASK],
  ["bye", { ...HELLO, t: "bye", seq: 4294967295 }],
  ["answer to an ask", { ...HELLO, seq: 2, echo: "aaaqeayeaudao" }],
  ["ask of a short-lived command for one peer", { ...ASK, port: 0, want: "bench", brief: true }],
  ["ask for an id, to be dialled", { ...ASK, want: "wn32e455mvozbmkh7pgmhy6b", call: true }],
  ["board with everything at its largest", {
    ...ASK,
    name: "\u{1F99C}".repeat(32),
    group: "g".repeat(32),
    kind: "esp32c3-mini-abc",
    boot: 4294967295,
    seq: 4294967295,
    port: 65535,
    every: 1000,
    echo: "7777777777776",
    want: "w".repeat(32),
    brief: true,
    call: true,
    plain: 65535,
  }],
  ["label with quotes, a backslash and letters beyond ASCII", { ...HELLO, name: 'Zoës "\\" 実験室' }],
];

/** Read the same, but not how an encoder of ours writes it. */
const READ: [what: string, json: string, fields: Announcement][] = [
  [
    "members in another order, white space, unknown members",
    ` {"new":null,"every":10 ,"port":3333,\r\n"seq":1,\t"boot":305419896,"kind":"linux","group":"earshot","name":"lab-pc",` +
    `"id":"mboz3s4cpdwum3xixxzs6az6","t":"hello","x":-1.5e3} `,
    HELLO,
  ],
  [
    "escapes in a name and in a value",
    hello({}).replace('"t"', '"\\u0074"').replace("lab-pc", "lab\\u002Dpc"),
    HELLO,
  ],
  ["flags that are false", hello({ brief: "false", call: "false" }), HELLO],
  ["every below what is believed", hello({ every: "0" }), HELLO],
  ["every above what is believed", hello({ every: "4294967295" }), { ...HELLO, every: 1000 }],
];

const LABELS: [valid: boolean, what: string, text: string][] = [
  [true, "one character", "a"],
  [true, "32 characters", "n".repeat(32)],
  [true, "32 characters of four bytes", "\u{1F600}".repeat(32)],
  [true, "a space inside", "lab pc"],
  [true, "punctuation", "a/b\\c:*?\"<>|'$`"],
  [true, "other scripts", "実験室 лаб مختبر"],
  [true, "two stacking marks in a row", "e\u0302\u0301"],
  [true, "private use", "\ue0b0"],
  [false, "empty", ""],
  [false, "33 characters", "n".repeat(33)],
  [false, "space at the beginning", " a"],
  [false, "space at the end", "a "],
  [false, "only a space", " "],
  [false, "newline", "a\nb"],
  [false, "escape sequence", "a\x1b[31mb"],
  [false, "DEL", "a\x7fb"],
  [false, "C1 control", "a\x9bb"],
  [false, "no-break space", "a\u00a0b"],
  [false, "soft hyphen", "a\u00adb"],
  [false, "ideographic space", "a\u3000b"],
  [false, "zero-width space", "a\u200bb"],
  [false, "zero-width joiner", "a\u200db"],
  [false, "right-to-left mark", "a\u200fb"],
  [false, "right-to-left override", "a\u202eb"],
  [false, "isolate", "a\u2066b"],
  [false, "Arabic letter mark", "a\u061cb"],
  [false, "Hangul filler", "a\u3164b"],
  [false, "blank Braille pattern", "\u2800"],
  [false, "byte-order mark", "a\ufeffb"],
  [false, "variation selector", "a\ufe0fb"],
  [false, "tag character", "a\u{e0041}b"],
  [false, "line separator", "a\u2028b"],
  [false, "U+FFFF", "a\uffffb"],
  [false, "stacking mark at the beginning", "\u0301a"],
  [false, "three stacking marks in a row", "e\u0302\u0301\u0323"],
  [false, "the form of an id", "mboz3s4cpdwum3xixxzs6az6"],
  [false, "the form of an id, in upper case", "MBOZ3S4CPDWUM3XIXXZS6AZ6"],
  [false, "the form of an id, all digits", "2".repeat(24)],
  [true, "one character less than an id", "mboz3s4cpdwum3xixxzs6az"],
  [true, "one character more than an id", "mboz3s4cpdwum3xixxzs6az6a"],
  [true, "as long as an id, with another digit", "mboz3s4cpdwum3xixxzs6az1"],
  [true, "as long as an id, with a hyphen", "mboz3s4cpdwum3xixxzs-az6"],
  [true, "as long as an id, with a long s", "mboz3\u017f4cpdwum3xixxzs6az6"],
  [false, "everybody", "all"],
  [false, "everybody, in other letter case", "aLL"],
  [true, "more than everybody", "all-1"],
  [true, "everybody at the end", "wall"],
  [false, "a set of names", "@class"],
  [false, "only an at sign", "@"],
  [true, "an at sign inside", "a@b"],
  [false, "an option", "-x"],
  [false, "only a hyphen", "-"],
  [true, "a hyphen at the end", "x-"],
  [false, "a sender at a plain gateway", "plain-192.168.1.5"],
  [false, "a sender at a plain gateway, in other letter case", "Plain-1"],
  [false, "the beginning of one alone", "plain-"],
  [true, "plain", "plain"],
  [true, "a word that begins with plain", "plainly"],
];

/** Announcements open, sealed and relayed; labels; and what a reader of each must refuse. */
export function announcementVectors(): Record<string, unknown> {
  return {
    about:
      "PROTOCOL.md 2.7. Bytes in hex. `written`: reading `hex` gives `fields`, writing `fields` gives `hex`; with " +
      "`key` and `nonce` sealed, else open. `read`: only reading. `malformed`: reading `hex` (with `key`, where there is one) " +
      "fails with that error. Labels are UTF-8.",
    written: [
      ...WRITTEN.map(([what, fields]) => ({ what, fields, hex: encodeAnnouncement(fields) })),
      ...WRITTEN.map(([what, fields]) => {
        const lab = { ...fields, ...LAB };
        return { what, key: KEY, nonce: NONCE, fields: lab, hex: sealAnnouncement(lab, KEY, NONCE) };
      }),
    ],
    read: [
      ...READ.map(([what, json, fields]) => ({ what, fields, hex: bytes("ES1.", json) })),
      ...READ.map(([what, json, fields]) => ({ what, key: KEY, fields, hex: seal(json) })),
      { what: "as long as it may be", fields: HELLO, hex: bytes("ES1.", hello({}).padEnd(1196)) },
    ],
    malformed: [...malformedOpen(), ...malformedSealed()],
    relays: [
      ["192.168.1.5", 3333],
      ["0.0.0.0", 1],
      ["255.255.255.255", 65535],
      ["2001:db8::1", 40000],
      ["fe80::1", 256],
      ["::1", 255],
      ["::", 3333],
      ["1:2:3:4:5:6:7:8", 3333],
      ["1::8", 3333],
      ["2001:db8:0:1::", 3333],
    ].map(([address, port]) => {
      const datagram = bytes("ES1.", hello({}));
      return { address, port, datagram, hex: encodeRelay(String(address), Number(port), datagram) };
    }),
    malformed_relays: malformedRelays(),
    labels: LABELS.map(([valid, what, text]) => ({ valid, what, hex: utf8(text) })),
  };
}

function hello(changes: Readonly<Record<string, string | undefined>>): string {
  const members = Object.fromEntries(
    Object.entries(HELLO).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  return rawObject({ ...members, ...changes });
}

function seal(json: string, key = KEY, magic = "ES1!"): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, NONCE, { authTagLength: 16 });
  cipher.setAAD(utf8(magic), { plaintextLength: utf8(json).length });
  const sealed = cipher.update(utf8(json));
  cipher.final();
  return bytes("ES1!", NONCE, new Uint8Array(sealed), new Uint8Array(cipher.getAuthTag()));
}

function malformedOpen() {
  const u32 = notInteger(0, 2 ** 32 - 1);
  const optional = ([what]: [string, unknown]) => what !== "missing";
  const fields: [name: string, wrong: [what: string, value: string | undefined][]][] = [
    ["t", notText("", "Hello", "hell")],
    ["id", notText("", HELLO.id.slice(1), HELLO.id + "a", HELLO.id.toUpperCase(), HELLO.id.slice(1) + "1")],
    ["name", notText("", "n".repeat(33), " a", "a\u202eb", HELLO.id, "all", "@a", "-a", "plain-a")],
    ["group", notText("", "g".repeat(33), "Lab", "a b", "a.b", "ä")],
    ["kind", notText("", "k".repeat(17), "Linux", "linux pc")],
    ["boot", u32],
    ["seq", u32],
    ["port", notInteger(1, 65535)],
    ["every", u32],
    [
      "nonce",
      notText("", "aaaqeayeauda", "aaaqeayeaudaoa", "AAAQEAYEAUDAO", "aaaqeayeaudap").filter(optional),
    ],
    ["echo", notText("", "aaaqeayeaudap").filter(optional)],
    ["want", notText("", "w".repeat(33), "a\nb", HELLO.id.toUpperCase(), "All", "@a", "-a", "plain-a").filter(optional)],
    ["brief", [["null", "null"], ["a number", "1"], ["a text", '"true"']]],
    ["call", [["null", "null"], ["a number", "0"], ["a text", '""']]],
    ["plain", notInteger(1, 65535).filter(optional)],
  ];
  const list: [error: string, what: string, data: Uint8Array][] = [
    ["too-short", "nothing", bytes()],
    ["too-short", "three bytes", bytes("ES1")],
    ["bad-magic", "another protocol", bytes("GET / HTTP/1.1\r\n\r\n")],
    ["bad-magic", "lower case", bytes("es1.", hello({}))],
    ["bad-magic", "another version", bytes("ES2.", hello({}))],
    ["bad-magic", "a session", bytes("ES1\n", hello({}))],
    ["bad-magic", "a relay", encodeRelay("10.0.0.1", 3333, bytes("ES1.", hello({})))],
    ["too-long", "a byte over the limit", bytes("ES1.", hello({}).padEnd(1197))],
    ["too-long", "far over the limit, and not an announcement", new Uint8Array(2000)],
    ["wrong-group", "sealed, and there is no key", seal(hello({}))],
    ["bad-json", "no JSON", bytes("ES1.")],
    ["bad-json", "cut off", bytes("ES1.", hello({}).slice(0, -1))],
    ["bad-json", "something behind it", bytes("ES1.", hello({}), "\0")],
    ["bad-json", "an array", bytes('ES1.["hello"]')],
    ["bad-json", "a nested value", bytes("ES1.", hello({ x: "{}" }))],
    ["bad-json", "a member twice", bytes("ES1.", hello({}).slice(0, -1), ',"t":"hello"}')],
    ["bad-json", "not UTF-8", bytes("ES1.", hello({ x: '"' }).slice(0, -1), 0xff, '"}')],
    ["bad-json", "half a surrogate pair", bytes("ES1.", hello({ name: '"\\ud83d"' }))],
    [
      "bad-json",
      "33 members",
      bytes("ES1.", hello(Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`x${i}`, "0"])))),
    ],
    ["bad-field", "no members", bytes("ES1.{}")],
    ["bad-field", "port 0 without brief", bytes("ES1.", hello({ port: "0", brief: "false" }))],
    ...fields.flatMap(([name, wrong]) =>
      wrong.map(([what, value]): [string, string, Uint8Array] => [
        "bad-field",
        `${name}: ${what}`,
        bytes("ES1.", hello({ [name]: value })),
      ])
    ),
  ];
  return list.map(([error, what, hex]) => ({ error, what, hex }));
}

function malformedSealed() {
  const good = seal(hello({}));
  const flip = (at: number) => good.with(at, good[at]! ^ 1);
  const list: [error: string, what: string, data: Uint8Array][] = [
    ["too-short", "only the magic", bytes("ES1!")],
    ["too-short", "ends in the nonce", good.subarray(0, 15)],
    ["too-short", "ends in the tag", good.subarray(0, 31)],
    ["undecipherable", "nothing but nonce and tag", good.subarray(0, 32)],
    ["undecipherable", "last byte missing", good.subarray(0, -1)],
    ["undecipherable", "a byte too many", bytes(good, 0)],
    ["undecipherable", "bit flipped in the nonce", flip(4)],
    ["undecipherable", "bit flipped in the text", flip(16)],
    ["undecipherable", "bit flipped in the tag", flip(good.length - 1)],
    ["undecipherable", "sealed with another key", seal(hello({}), OTHER_KEY)],
    ["undecipherable", "sealed with other first bytes", seal(hello({}), KEY, "ES1.")],
    ["wrong-group", "open, and there is a key", bytes("ES1.", hello({}))],
    ["bad-magic", "another protocol", bytes("M-SEARCH * HTTP/1.1\r\n\r\n")],
    ["too-long", "a byte over the limit", seal(hello({}).padEnd(1169))],
    ["bad-json", "sealed nothing", seal("")],
    ["bad-json", "sealed text that is no object", seal('"hello"')],
    ["bad-field", "sealed without its name", seal(hello({ name: undefined }))],
  ];
  return list.map(([error, what, hex]) => ({ error, what, key: KEY, hex }));
}

function malformedRelays() {
  const address = new Uint8Array(16);
  const good = bytes("ES1.", hello({}));
  const list: [error: string, what: string, data: Uint8Array][] = [
    ["too-short", "nothing", bytes()],
    ["too-short", "only the magic", bytes("ES1>")],
    ["too-short", "ends in the address", bytes("ES1>", address.subarray(1))],
    ["too-short", "ends in the port", bytes("ES1>", address, 13)],
    ["too-short", "no announcement", bytes("ES1>", address, 13, 5)],
    ["too-short", "ends in the announcement's magic", bytes("ES1>", address, 13, 5, "ES1")],
    ["bad-magic", "an announcement that is not relayed", good],
    ["bad-magic", "another version", bytes("ES2>", address, 13, 5, good)],
    ["bad-magic", "something else in it", bytes("ES1>", address, 13, 5, "hello")],
    ["bad-magic", "a relay in it", bytes("ES1>", address, 13, 5, "ES1>", address, 13, 5, good)],
    ["bad-magic", "a session in it", bytes("ES1>", address, 13, 5, "ES1\n", good)],
    ["bad-field", "port 0", bytes("ES1>", address, 0, 0, good)],
    [
      "too-long",
      "an announcement over its limit",
      bytes("ES1>", address, 13, 5, "ES1.", hello({}).padEnd(1197)),
    ],
  ];
  return list.map(([error, what, hex]) => ({ error, what, hex }));
}
