import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";
import { decodeFrames, FRAME_MAX } from "../../../lib/protocol/frame.ts";
import { INLINE_DOCUMENT_MAX } from "../../../lib/protocol/limits.ts";
import {
  decodeMessage,
  decodeMessages,
  encodeChat,
  encodeMessage,
  type Message,
} from "../../../lib/protocol/message.ts";

const ID = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
const NOTHING = new Uint8Array();

const codeOf = (fn: () => unknown) => assertThrows(fn, ProtocolError).code;

Deno.test("a chat whose text is at hand as bytes is written as any other, and refused as any other", () => {
  const head = { seq: 7, id: ID, to: "you", at: 5 } as const;
  const text = "Grüße 👋";
  const bytes = new TextEncoder().encode(text);
  assertEquals(encodeChat(head, bytes), encodeMessage({ type: "chat", ...head, text }));
  assertEquals(codeOf(() => encodeChat({ ...head, seq: 0 }, bytes)), "bad-field");
  assertEquals(codeOf(() => encodeChat(head, new Uint8Array(16_385))), "too-long");
});

Deno.test("a message that a reader would refuse is not sent", () => {
  const chat = { type: "chat", seq: 1, id: ID, to: "all", text: "" } as const;
  const document = { type: "document", seq: 1, id: ID, name: "a", size: 0, body: NOTHING } as const;
  const wrong: [code: string, message: Message][] = [
    ["bad-field", { ...chat, seq: 0 }],
    ["bad-field", { ...chat, seq: 2 ** 32 }],
    ["bad-field", { ...chat, id: ID.toLowerCase() }],
    ["bad-field", { ...chat, at: 1.5 }],
    ["too-long", { ...chat, text: "ä".repeat(8193) }],
    ["bad-field", { ...document, name: "" }],
    ["bad-field", { ...document, name: "\ud800" }],
    ["too-long", { ...document, name: "n".repeat(500) }],
    ["bad-field", { ...document, size: 5 }],
    ["bad-length", { ...document, body: new Uint8Array(3) }],
    ["bad-field", { ...document, sha256: "abc" }],
    ["bad-field", { ...document, ask: true, re: ID }],
    ["bad-field", { ...document, ask: true, stream: "s" }],
    ["bad-field", { ...document, re: ID, stream: "s" }],
    ["bad-field", { ...document, re: ID.toLowerCase() }],
    ["bad-field", { ...document, code: "failed" }],
    ["bad-field", { ...document, re: ID, code: "No!" }],
    ["bad-length", { type: "part", seq: 1, offset: 0, body: NOTHING }],
    ["bad-field", { type: "want", seq: 1, offset: 2, until: 1 }],
    ["bad-length", { type: "ack", seqs: [] }],
    ["bad-field", { type: "ack", seqs: [0] }],
    ["bad-field", { type: "ack", seqs: [2 ** 32] }],
    ["bad-field", { type: "ack", seqs: [1.5] }],
    ["bad-field", { type: "ack", seqs: [-1] }],
    ["bad-field", { type: "nak", seq: 1, code: "No!", why: "" }],
    ["bad-field", { type: "ping", n: -1 }],
    ["bad-type", { type: "unknown", frameType: 128 }],
  ];
  for (const [code, message] of wrong) assertEquals(codeOf(() => encodeMessage(message)), code, message.type);
});

Deno.test("a document of the largest size for one frame fits it, with the longest names", () => {
  const message: Message = {
    type: "document",
    seq: 4294967295,
    id: ID,
    name: "ä".repeat(64),
    size: INLINE_DOCUMENT_MAX,
    at: Number.MAX_SAFE_INTEGER,
    stream: "実".repeat(42),
    sha256: "0".repeat(64),
    body: new Uint8Array(INLINE_DOCUMENT_MAX),
  };
  const frame = encodeMessage(message);
  assert(frame.length <= FRAME_MAX);
  assertEquals(decodeMessages(frame), [message]);
});

Deno.test("the body of a document is not copied on its way in", () => {
  const body = new Uint8Array(1024).fill(0x20);
  const frame = encodeMessage({ type: "document", seq: 1, id: ID, name: "a", size: 1024, body });
  const [message] = decodeMessages(frame);
  assert(message?.type === "document");
  assertStrictEquals(message.body.buffer, frame.buffer);
  assertEquals(message.body, body);
});

Deno.test("a reason of any length and content fits its frame, and cannot steer a terminal", () => {
  for (
    const why of [
      "x".repeat(10_000),
      '"'.repeat(500),
      "\x1b".repeat(500),
      "\n\\".repeat(300),
      "\u{1F600}".repeat(300),
      "\ud800",
    ]
  ) {
    for (
      const message of [{ type: "nak", seq: 4294967295, code: "c".repeat(32), why }, {
        type: "close",
        why,
      }] as const
    ) {
      const [read] = decodeMessages(encodeMessage(message));
      assert(read?.type === message.type);
      assert(
        read.why.length > 0 && new TextEncoder().encode(read.why).length <= 200 && !read.why.includes("\x1b"),
      );
    }
  }
});

Deno.test("a byte-order mark at the start of a chat text is kept", () => {
  const message: Message = { type: "chat", seq: 1, id: ID, to: "you", text: "\ufeffhi" };
  assertEquals(decodeMessages(encodeMessage(message)), [message]);
});

Deno.test("a bad message is refused together with the good ones in its record", () => {
  const plaintext = Uint8Array.from([...encodeMessage({ type: "ping", n: 1 }), 128, 0, 0, 0, 0]);
  assertEquals(codeOf(() => decodeMessages(plaintext)), "bad-type");
});

Deno.test("a frame can be understood on its own", () => {
  const [frame] = decodeFrames(encodeMessage({ type: "void", seq: 3 }));
  assertEquals(decodeMessage(frame!), { type: "void", seq: 3 });
});

Deno.test("frames of a later version below 128 are known as such, whatever they hold", () => {
  assertEquals(decodeMessages(encodeMessage({ type: "unknown", frameType: 127 })), [{
    type: "unknown",
    frameType: 127,
  }]);
});
