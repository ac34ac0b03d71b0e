import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { nodeId } from "../../lib/identity/node_id.ts";
import { newJoinCode, parseJoinCode } from "../../lib/identity/join_code.ts";
import { HandshakeState } from "../../lib/noise/handshake_state.ts";
import { keyPairFromPrivate } from "../../lib/noise/key_pair.ts";
import {
  type Announcement,
  decodeAnnouncement,
  decodeRelay,
  encodeAnnouncement,
  encodeRelay,
  sealAnnouncement,
} from "../../lib/protocol/announcement.ts";
import { decodeFrames, FRAME_HEADER_BYTES, FrameType } from "../../lib/protocol/frame.ts";
import { TAG_BYTES } from "../../lib/protocol/limits.ts";
import { decodeMessages, encodeMessage, type Message } from "../../lib/protocol/message.ts";
import { source } from "./protocol_page.ts";

// The blocks of hex in PROTOCOL.md, made from the code and the vectors.

/** Bytes and what they are; their own text where nothing is said. */
type Part = readonly [bytes: Uint8Array, remark?: string];

const LINE_BYTES = 24;
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

/** An example: what the codec reads, what it writes for the fields beside it, and how the page shows it. */
export interface Shown {
  readonly read: unknown;
  readonly written: Uint8Array;
  readonly block: string;
}

/** What an example of the page has to be, from its bytes and from its fields. */
export function shown(
  data: Uint8Array,
  fields: Readonly<Record<string, unknown>>,
  announceKey: Uint8Array,
): Shown {
  if ("address" in fields) return shownRelay(data, fields);
  if ("t" in fields) return shownAnnouncement(data, fields as unknown as Announcement, announceKey);
  const messages = decodeMessages(data).map(readable);
  return {
    read: Array.isArray(fields) ? messages : messages[0],
    written: Uint8Array.from([fields].flat().flatMap((each) => [...encodeMessage(real(each))])),
    block: dump(frameParts(data)),
  };
}

function shownAnnouncement(data: Uint8Array, fields: Announcement, announceKey: Uint8Array): Shown {
  const magic: Part = [data.subarray(0, 4)];
  if (data[3] === ".".charCodeAt(0)) {
    const block = dump([magic, [data.subarray(4)]]);
    return { read: decodeAnnouncement(data), written: encodeAnnouncement(fields), block };
  }
  const [nonce, sealed, tag] = [
    data.subarray(4, 16),
    data.subarray(16, -TAG_BYTES),
    data.subarray(-TAG_BYTES),
  ];
  return {
    read: decodeAnnouncement(data, announceKey),
    written: sealAnnouncement(fields, announceKey, nonce),
    block: dump([magic, [nonce, "nonce"], [sealed, "encrypted"], [tag, "its tag"]]),
  };
}

function shownRelay(data: Uint8Array, fields: Readonly<Record<string, unknown>>): Shown {
  const { address, port, datagram } = decodeRelay(data);
  const inner = encodeAnnouncement(fields.datagram as Announcement);
  return {
    read: { address, port, datagram: decodeAnnouncement(datagram) },
    written: encodeRelay(String(fields.address), Number(fields.port), inner),
    block: dump([
      [data.subarray(0, 4)],
      [data.subarray(4, 20), "address"],
      [data.subarray(20, 22), "port"],
      [datagram.subarray(0, 4)],
      [datagram.subarray(4)],
    ]),
  };
}

/** A message as the page shows it: the body of a document as text. */
function readable(message: Message): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name,
      name === "body" ? text(value) : value,
    ]),
  );
}

/** The reverse of {@linkcode readable}. */
function real(fields: Readonly<Record<string, unknown>>): Message {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      name === "body" ? utf8(String(value)) : value,
    ]),
  ) as unknown as Message;
}

function frameParts(plaintext: Uint8Array): Part[] {
  let at = 0;
  return decodeFrames(plaintext).flatMap(({ type, body }): Part[] => {
    const frame = plaintext.subarray(at);
    const headLength = frame[1]! << 8 | frame[2]!;
    const bodyStart = FRAME_HEADER_BYTES + headLength;
    at += bodyStart + body.length;
    const name = Object.entries(FrameType).find(([, number]) => number === type)?.[0] ?? "not known";
    const bodyParts: Part[] = type === FrameType.ack
      ? Array.from({ length: body.length / 4 }, (_, i) => [body.subarray(4 * i, 4 * i + 4), "a number"])
      : [[body]];
    return [
      [frame.subarray(0, 1), `type ${type}: ${name}`],
      [frame.subarray(1, 3), `headLength: ${headLength}`],
      [frame.subarray(3, 5), `bodyLength: ${body.length}`],
      [frame.subarray(FRAME_HEADER_BYTES, bodyStart)],
      ...bodyParts,
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
  readonly transport: readonly {
    readonly from: string;
    readonly plaintext: string;
    readonly ciphertext: string;
  }[];
}

/** Keys, the three messages and the first records of a handshake, as they go over the connection. */
export function handshakeBlocks(vector: HandshakeVector): string[] {
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
  const keys = dump([
    [prologue],
    ...(psk ? [[psk, "psk, in both places"] as const] : []),
    ...sides.flatMap(({ role, staticKey, ephemeral }): Part[] => [
      [staticKey.exportPrivateKey(), `${role}'s static key, private`],
      [staticKey.publicKey, "public"],
      [ephemeral.exportPrivateKey(), `${role}'s ephemeral key, private`],
      [ephemeral.publicKey, "public"],
    ]),
    ...vector.messages.map(({ payload }): Part => [hex(payload)]),
    [states[0].handshakeHash, "h before message 1"],
  ]);
  const messages = vector.messages.map(({ payload, message }, i) => {
    const [writer, reader] = i % 2 === 0 ? states : [states[1], states[0]];
    assertEquals(writer.writeMessage(hex(payload)).toHex(), message);
    assertEquals(reader.readMessage(hex(message)).toHex(), payload);
    const parts = handshakeParts(hex(message), i, hex(payload).length);
    return dump([...parts, [writer.handshakeHash, `h after message ${i + 1}`]]);
  });
  const ciphers = states.map((state) => state.split());
  const records = vector.transport.filter(({ plaintext }) => plaintext !== "").map((record): Part[] => {
    const plaintext = hex(record.plaintext);
    const cipher = ciphers[record.from === "initiator" ? 0 : 1]!.send;
    const sealed = cipher.encryptWithAd(new Uint8Array(), plaintext);
    assertEquals(sealed.toHex(), record.ciphertext);
    const meaning = decodeMessages(plaintext).map((message) => JSON.stringify(readable(message)));
    return [
      [plaintext, `${record.from}: ${meaning}`],
      [u16(sealed.length), `length: ${sealed.length}`],
      [sealed.subarray(0, -TAG_BYTES), "encrypted"],
      [sealed.subarray(-TAG_BYTES), "its tag"],
    ];
  });
  return [keys, ...messages, dump(records.flat())];
}

/** Message `index` (from 0) with what stands before it on the connection. */
function handshakeParts(message: Uint8Array, index: number, payloadLength: number): Part[] {
  let at = 0;
  const next = (length: number, remark: string): Part => [message.subarray(at, at += length), remark];
  return [
    ...(index === 0 ? [[utf8("ES1\n"), "ES1 and a newline"] as const] : []),
    [u16(message.length), `length: ${message.length}`],
    ...(index < 2 ? [next(32, "e")] : []),
    ...(index > 0 ? [next(32, "s, encrypted"), next(TAG_BYTES, "its tag")] : []),
    next(payloadLength, "payload, encrypted"),
    next(message.length - at, payloadLength > 0 ? "its tag" : "tag of the empty payload"),
  ];
}
