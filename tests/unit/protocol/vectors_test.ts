import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Announcement,
  decodeAnnouncement,
  decodeRelay,
  encodeAnnouncement,
  encodeRelay,
  sealAnnouncement,
} from "../../../lib/protocol/announcement.ts";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";
import { type FlatValue, parseFlat } from "../../../lib/protocol/flat_json.ts";
import {
  decodeHandshakePayload,
  encodeHandshakePayload,
  type HandshakePayload,
} from "../../../lib/protocol/handshake_payload.ts";
import { JsonValidator, validateJson } from "../../../lib/protocol/json_validator.ts";
import { isLabel } from "../../../lib/protocol/label.ts";
import { decodeMessages, encodeMessage, type Message } from "../../../lib/protocol/message.ts";
import { RecordSplitter } from "../../../lib/protocol/record.ts";
import { protocolVectorFiles } from "../../vectors/write_protocol.ts";

interface Entry {
  readonly what: string;
  readonly hex: string;
}

interface Malformed extends Entry {
  readonly error: string;
}

/** Lists of a vector file by their names. */
type Vectors = Readonly<Record<string, readonly unknown[]>>;

const files = Object.keys(protocolVectorFiles());
const [announcements, frames, json] = files.map((file) => JSON.parse(readFile(file))) as [
  Vectors,
  Vectors,
  Vectors,
];

function readFile(file: string): string {
  return Deno.readTextFileSync(new URL(`../../vectors/${file}`, import.meta.url));
}

/** Every entry of a list, of which there must be at least some. */
function check<T>(vectors: Vectors, list: string, atLeast: number, each: (entry: T) => void): void {
  const entries = vectors[list] as readonly (T & { what?: string })[];
  assert(entries.length >= atLeast, `${list} has only ${entries.length} entries`);
  for (const entry of entries) {
    try {
      each(entry);
    } catch (cause) {
      throw new Error(`${list}: ${entry.what ?? JSON.stringify(entry)}`, { cause });
    }
  }
}

function assertRefused<T extends Malformed>(
  vectors: Vectors,
  list: string,
  decode: (entry: T) => void,
): void {
  check<T>(vectors, list, 10, (entry) => {
    assertEquals(assertThrows(() => decode(entry), ProtocolError).code, entry.error);
  });
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}

Deno.test("the vector files are what their generator writes, so that every implementation reads the same", () => {
  for (const [file, text] of Object.entries(protocolVectorFiles())) {
    assert(readFile(file) === text, `${file} is not what write_protocol.ts writes`);
  }
});

Deno.test("announcements are written and read as in the vectors, open and sealed", () => {
  interface Written extends Entry {
    readonly fields: Announcement;
    readonly key?: string;
    readonly nonce?: string;
  }
  check<Written>(announcements, "written", 10, ({ fields, key, nonce, hex }) => {
    const data = key && nonce
      ? sealAnnouncement(fields, bytesOf(key), bytesOf(nonce))
      : encodeAnnouncement(fields);
    assertEquals(data.toHex(), hex);
    assertEquals(decodeAnnouncement(data, key ? bytesOf(key) : undefined), fields);
  });
  check<Written>(announcements, "read", 10, ({ fields, key, hex }) => {
    assertEquals(decodeAnnouncement(bytesOf(hex), key ? bytesOf(key) : undefined), fields);
  });
});

Deno.test("malformed announcements are refused with the error of the vectors", () => {
  assertRefused<Malformed & { key?: string }>(announcements, "malformed", ({ hex, key }) => {
    decodeAnnouncement(bytesOf(hex), key ? bytesOf(key) : undefined);
  });
});

Deno.test("relayed announcements are wrapped and unwrapped as in the vectors, malformed ones refused", () => {
  interface Relayed extends Entry {
    readonly address: string;
    readonly port: number;
    readonly datagram: string;
  }
  check<Relayed>(announcements, "relays", 10, ({ address, port, datagram, hex }) => {
    assertEquals(encodeRelay(address, port, bytesOf(datagram)).toHex(), hex);
    assertEquals(decodeRelay(bytesOf(hex)), { address, port, datagram: bytesOf(datagram) });
  });
  assertRefused<Malformed>(announcements, "malformed_relays", ({ hex }) => decodeRelay(bytesOf(hex)));
});

Deno.test("labels are what the vectors say", () => {
  check<Entry & { valid: boolean }>(announcements, "labels", 30, ({ hex, valid }) => {
    assertEquals(isLabel(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(hex))), valid);
  });
});

Deno.test("every message is written and read as in the vectors", () => {
  interface Written extends Entry {
    readonly written: boolean;
    readonly type: Message["type"];
    readonly number: number;
    readonly head: Readonly<Record<string, string | number | boolean>>;
    readonly body: string;
  }
  const types = new Set<string>();
  check<Written>(frames, "messages", 30, (entry) => {
    types.add(entry.type);
    const message = messageOf(entry.type, entry.head, bytesOf(entry.body), entry.number);
    assertEquals(decodeMessages(bytesOf(entry.hex)), [message]);
    if (entry.written) assertEquals(encodeMessage(message).toHex(), entry.hex);
  });
  assertEquals(types.size, 11);
  check<Entry & { types: string[] }>(frames, "plaintexts", 3, ({ hex, types }) => {
    assertEquals(decodeMessages(bytesOf(hex)).map(({ type }) => type) as string[], types);
  });
});

/** The message that a vector describes. */
function messageOf(
  type: Message["type"],
  head: Readonly<Record<string, string | number | boolean>>,
  body: Uint8Array,
  frameType: number,
): Message {
  const view = new DataView(body.buffer);
  const rest = {
    chat: { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(body) },
    document: { body },
    part: { body },
    ack: { seqs: Array.from({ length: body.length / 4 }, (_, index) => view.getUint32(4 * index)) },
    unknown: { frameType },
  }[type as string];
  return { type, ...head, ...rest } as unknown as Message;
}

Deno.test("malformed frames and messages are refused with the error of the vectors, ten or more of every type", () => {
  assertRefused<Malformed>(frames, "malformed_plaintexts", ({ hex }) => decodeMessages(bytesOf(hex)));
  const counts = new Map<string, number>();
  assertRefused<Malformed & { type: string }>(frames, "malformed_messages", ({ hex, type }) => {
    counts.set(type, (counts.get(type) ?? 0) + 1);
    decodeMessages(bytesOf(hex));
  });
  assertEquals(counts.size, 10);
  for (const [type, count] of counts) assert(count >= 10, `${type} has only ${count} malformed ones`);
});

Deno.test("flat objects are read as in the vectors, malformed ones refused", () => {
  interface Flat extends Entry {
    readonly members: readonly { name: string; type: string; value?: FlatValue }[];
  }
  const constants: Record<string, FlatValue> = { true: true, false: false, null: null, number: NaN };
  check<Flat>(frames, "flat", 10, ({ hex, members }) => {
    const expected = members.map(({ name, type, value }) => [name, value ?? constants[type]!] as const);
    assertEquals(Object.entries(parseFlat(bytesOf(hex))), expected as [string, FlatValue][]);
  });
  assertRefused<Malformed>(frames, "malformed_flat", ({ hex }) => parseFlat(bytesOf(hex)));
});

Deno.test("handshake payloads are written and read as in the vectors, malformed ones refused", () => {
  interface Written extends Entry {
    readonly written: boolean;
    readonly fields: HandshakePayload;
  }
  check<Written>(frames, "handshake_payloads", 5, ({ written, fields, hex }) => {
    assertEquals(decodeHandshakePayload(bytesOf(hex)), fields);
    if (written) assertEquals(encodeHandshakePayload(fields).toHex(), hex);
  });
  assertRefused<Malformed>(
    frames,
    "malformed_handshake_payloads",
    ({ hex }) => decodeHandshakePayload(bytesOf(hex)),
  );
});

Deno.test("streams are split as in the vectors, whole or byte by byte, malformed ones refused", () => {
  interface Stream extends Entry {
    readonly max: number;
    readonly lengths: readonly number[];
    readonly rest: number;
  }
  check<Stream>(frames, "records", 10, ({ hex, max, lengths, rest }) => {
    for (const step of [1, 3, 100_000]) {
      const splitter = new RecordSplitter(max);
      assertEquals(split(splitter, bytesOf(hex), step), [...lengths]);
      assertEquals(splitter.buffered, rest);
    }
  });
  assertRefused<Malformed & { max: number; good: number }>(
    frames,
    "malformed_records",
    ({ hex, max, good }) => {
      const seen: number[] = [];
      try {
        split(new RecordSplitter(max), bytesOf(hex), 1, seen);
      } finally {
        assertEquals(seen.length, good);
      }
    },
  );
});

function split(splitter: RecordSplitter, stream: Uint8Array, step: number, lengths: number[] = []): number[] {
  for (let at = 0; at < stream.length; at += step) {
    splitter.push(stream.subarray(at, at + step));
    for (let record = splitter.next(); record; record = splitter.next()) lengths.push(record.length);
  }
  return lengths;
}

Deno.test("documents are JSON or not as in the vectors, at any split", () => {
  let invalid = 0;
  check<Entry & { valid: boolean }>(json, "documents", 60, ({ hex, valid }) => {
    const document = bytesOf(hex);
    const readers = [
      validateJson,
      (whole: Uint8Array) => validateInSteps(whole, 1),
      (whole: Uint8Array) => validateInSteps(whole, 7),
    ];
    for (const read of readers) {
      if (valid) read(document);
      else assertEquals(assertThrows(() => read(document), ProtocolError).code, "not-json");
    }
    if (!valid) invalid++;
  });
  assert(invalid >= 30);
});

function validateInSteps(document: Uint8Array, step: number): void {
  const validator = new JsonValidator();
  for (let at = 0; at < document.length; at += step) validator.push(document.subarray(at, at + step));
  validator.end();
}
