import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { nodeId } from "../../lib/identity/node_id.ts";
import { newJoinCode, parseJoinCode } from "../../lib/identity/join_code.ts";
import { HandshakeState } from "../../lib/noise/handshake_state.ts";
import { keyPairFromPrivate } from "../../lib/noise/key_pair.ts";
import {
  type Announcement,
  decodeAnnouncement,
  encodeAnnouncement,
  sealAnnouncement,
} from "../../lib/protocol/announcement.ts";
import { decodeFrames, FRAME_HEADER_BYTES, FrameType } from "../../lib/protocol/frame.ts";
import { decodeHandshakePayload } from "../../lib/protocol/handshake_payload.ts";
import { TAG_BYTES } from "../../lib/protocol/limits.ts";
import { decodeMessages, encodeMessage, type Message } from "../../lib/protocol/message.ts";
import { source } from "./protocol_page.ts";

// The blocks of hex in PROTOCOL.md, made from the code and the vectors.

/** Bytes and what they are; their own text where nothing is said. */
type Part = readonly [bytes: Uint8Array, remark?: string];

const LINE_BYTES = 32;
const NOTHING = new Uint8Array();
const hex = Uint8Array.fromHex;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const utf8 = (text: string) => new TextEncoder().encode(text);
const u16 = (value: number) => Uint8Array.of(value >> 8, value);

/** Lines of hex, each with its remark behind it. */
function dump(parts: readonly Part[]): string {
  let lines = "";
  for (const [bytes, remark] of parts) {
    for (let at = 0; at < bytes.length; at += LINE_BYTES) {
      const chunk = bytes.subarray(at, at + LINE_BYTES);
      const said = remark === undefined ? text(chunk) : at === 0 ? remark : "";
      lines += `${chunk.toHex().padEnd(2 * LINE_BYTES)}  ${said}`.trimEnd() + "\n";
    }
  }
  return lines;
}

/** The block of a sealed announcement; fails unless the real codec reads and writes it for these fields. */
export function sealedBlock(data: Uint8Array, fields: Announcement, announceKey: Uint8Array): string {
  assertEquals(decodeAnnouncement(data, announceKey), fields);
  const [magic, nonce, sealed, tag] = [
    data.subarray(0, 4),
    data.subarray(4, 16),
    data.subarray(16, -TAG_BYTES),
    data.subarray(-TAG_BYTES),
  ];
  assertEquals(sealAnnouncement(fields, announceKey, nonce).toHex(), data.toHex());
  return dump([[magic], [nonce, "nonce"], [sealed, "encrypted"], [tag, "its tag"]]);
}

/** The block of a record's plaintext, and its frames; fails unless the real codec reads and writes it. */
export function recordBlock(plaintext: Uint8Array): { block: string; frames: Uint8Array[] } {
  const frames = decodeMessages(plaintext).map(encodeMessage);
  assertEquals(frames.map((frame) => frame.toHex()).join(""), plaintext.toHex());
  return { block: dump(frameParts(plaintext)), frames };
}

function frameParts(plaintext: Uint8Array): Part[] {
  let at = 0;
  return decodeFrames(plaintext).flatMap(({ type, body }): Part[] => {
    const frame = plaintext.subarray(at);
    const headLength = frame[1]! << 8 | frame[2]!;
    const bodyStart = FRAME_HEADER_BYTES + headLength;
    at += bodyStart + body.length;
    const name = Object.entries(FrameType).find(([, number]) => number === type)?.[0] ?? "not known";
    return [
      [
        frame.subarray(0, FRAME_HEADER_BYTES),
        `type ${type}, ${name}: head ${headLength}, body ${body.length}`,
      ],
      [frame.subarray(FRAME_HEADER_BYTES, bodyStart)],
      type === FrameType.ack ? [body, "numbers"] : [body],
    ];
  });
}

/** From a public key to an id, with the first key of identity.json. */
export function identityBlock(): string {
  const { public_key, id } = JSON.parse(source("tests/vectors/identity.json")).ids[0];
  const key = hex(public_key);
  assertEquals(nodeId(key), id);
  const hash = new Uint8Array(createHash("sha256").update(key).digest());
  return dump([[key, "public key"], [hash, "its SHA-256"], [hash.subarray(0, 15), `id: ${id}`]]);
}

/** From a secret to a join code and the keys of its group, with the first one of identity.json. */
export function groupBlock(): string {
  const { secret, code, name } = JSON.parse(source("tests/vectors/identity.json")).join_codes[0];
  assertEquals(newJoinCode(name, hex(secret)), code);
  const { announceKey, sessionKey } = parseJoinCode(code);
  const check = createHash("sha256").update("earshot join").update(name).update(hex(secret)).digest();
  return dump([
    [hex(secret), "secret"],
    [new Uint8Array(check.subarray(0, 4)), `check: ${code}`],
    [announceKey, "announceKey"],
    [sessionKey, "sessionKey"],
  ]);
}

/** A handshake of handshake.json. */
export interface HandshakeVector {
  readonly join_code?: string;
  readonly prologue: string;
  readonly initiator_static: string;
  readonly initiator_ephemeral: string;
  readonly responder_static: string;
  readonly responder_ephemeral: string;
  readonly messages: readonly { readonly payload: string; readonly message: string }[];
}

/** Messages of the worked exchange: a document, its acknowledgement, and the end of the session. */
export const EXCHANGED: readonly (readonly [from: "initiator" | "responder", message: Message])[] = [
  ["initiator", {
    type: "document",
    seq: 1,
    id: "01JD3Q8X7Z9V5T2N4M6K8H0GWB",
    name: "reading.json",
    size: 10,
    body: utf8('{"t":21.5}'),
  }],
  ["responder", { type: "ack", seqs: [1] }],
  ["initiator", { type: "close", why: "bye" }],
];

/**
 * From nothing to a document, between the two sides of a handshake in an open group: what they announce, the handshake,
 * the records.
 */
export function exchangeBlocks(vector: HandshakeVector): string[] {
  const { keys, messages, states } = handshake(vector);
  const ciphers = states.map((state) => state.split());
  const records = EXCHANGED.flatMap(([from, message]): Part[] => {
    const [writer, reader] = from === "initiator" ? ciphers : ciphers.toReversed();
    const plaintext = encodeMessage(message);
    const sealed = writer!.send.encryptWithAd(NOTHING, plaintext);
    assertEquals(decodeMessages(reader!.receive.decryptWithAd(NOTHING, sealed)), [message]);
    return [
      ...frameParts(plaintext),
      [u16(sealed.length), `record, length: ${sealed.length}`],
      [sealed.subarray(0, -TAG_BYTES), "encrypted"],
      [sealed.subarray(-TAG_BYTES), "its tag"],
    ];
  });
  return [dump(announced(vector)), dump([...keys, ...messages.flat()]), dump(records)];
}

/** An `ask` of the initiator, and the answer of the responder. */
function announced({ messages, ...vector }: HandshakeVector): Part[] {
  const nonce = "aaaqeayeaudao";
  const payloads = messages.slice(1).map(({ payload }) => decodeHandshakePayload(hex(payload)));
  const says = (t: "ask" | "hello", role: "initiator" | "responder", more: Partial<Announcement>): Part[] => {
    const { name, kind, boot } = payloads[role === "initiator" ? 1 : 0]!;
    const id = nodeId(keyPairFromPrivate(hex(vector[`${role}_static`])).publicKey);
    const group = text(hex(vector.prologue)).replace("earshot/1 ", "");
    const announcement = { t, id, name, group, kind, boot, seq: 1, port: 3333, every: 12, ...more };
    const data = encodeAnnouncement(announcement);
    assertEquals(decodeAnnouncement(data), announcement);
    return [[data.subarray(0, 4)], [data.subarray(4)]];
  };
  return [...says("ask", "initiator", { nonce }), ...says("hello", "responder", { seq: 7, echo: nonce })];
}

/** Message 1 of a handshake in a closed group, and the hashes. */
export function closedHandshakeBlock(vector: HandshakeVector): string {
  const { psk, messages } = handshake(vector);
  const hashes = messages.slice(1).map((parts) => parts.at(-1)!);
  return dump([[psk!, "sessionKey, both pre-shared keys"], ...messages[0]!, ...hashes]);
}

/** A handshake as its vector has it: what both sides know and will say, the messages with the hash after each. */
function handshake(vector: HandshakeVector): {
  psk: Uint8Array | undefined;
  keys: Part[];
  messages: Part[][];
  states: [HandshakeState, HandshakeState];
} {
  const psk = vector.join_code === undefined ? undefined : parseJoinCode(vector.join_code).sessionKey;
  const prologue = hex(vector.prologue);
  const sides = (["initiator", "responder"] as const).map((role) => ({
    role,
    staticKey: keyPairFromPrivate(hex(vector[`${role}_static`])),
    ephemeral: keyPairFromPrivate(hex(vector[`${role}_ephemeral`])),
  }));
  const states = sides.map((side) =>
    new HandshakeState({
      ...side,
      initiator: side.role === "initiator",
      prologue,
      psks: psk && new Map([[0, psk], [3, psk]]),
    })
  ) as [HandshakeState, HandshakeState];
  const keys = [
    [prologue] as const,
    ...sides.flatMap(({ role, staticKey, ephemeral }): Part[] => [
      [staticKey.exportPrivateKey(), `${role}'s static key, private`],
      [staticKey.publicKey, "public"],
      [ephemeral.exportPrivateKey(), `${role}'s ephemeral key, private`],
      [ephemeral.publicKey, "public"],
    ]),
    [states[0].handshakeHash, "h before message 1"] as const,
  ];
  const messages = vector.messages.map(({ payload, message }, i) => {
    const [writer, reader] = i % 2 === 0 ? states : [states[1], states[0]];
    assertEquals(writer.writeMessage(hex(payload)).toHex(), message);
    assertEquals(reader.readMessage(hex(message)).toHex(), payload);
    const parts = handshakeParts(hex(message), i, hex(payload));
    return [...parts, [writer.handshakeHash, `h after message ${i + 1}`] as const];
  });
  return { psk, keys, messages, states };
}

/** The payload of message `index` (from 0), and the message with what stands before it on the connection. */
function handshakeParts(message: Uint8Array, index: number, payload: Uint8Array): Part[] {
  let at = 0;
  const next = (length: number, remark: string): Part => [message.subarray(at, at += length), remark];
  return [
    ...(payload.length > 0 ? [[payload] as const] : []),
    ...(index === 0 ? [[utf8("ES1\n"), "ES1 and a newline"] as const] : []),
    [u16(message.length), `message ${index + 1}, length: ${message.length}`],
    ...(index < 2 ? [next(32, "e")] : []),
    ...(index > 0 ? [next(32, "s, encrypted"), next(TAG_BYTES, "its tag")] : []),
    next(payload.length, "payload, encrypted"),
    next(message.length - at, payload.length > 0 ? "its tag" : "tag of the empty payload"),
  ];
}
