// Writes identity.json and handshake.json beside this file, the same bytes every time:
//   deno run -P=test tests/vectors/write_noise.ts

import { createHash } from "node:crypto";
import { newJoinCode, parseJoinCode } from "../../lib/identity/join_code.ts";
import { nodeId } from "../../lib/identity/node_id.ts";
import { HandshakeState } from "../../lib/noise/handshake_state.ts";
import { type KeyPair, keyPairFromPrivate } from "../../lib/noise/key_pair.ts";
import { encodeFrame, FrameType } from "../../lib/protocol/frame.ts";
import { encodeHandshakePayload } from "../../lib/protocol/handshake_payload.ts";

const ROLES = ["initiator", "responder"] as const;

/** Bytes that anybody can make again: the beginning of the SHA-256 of a label. */
function fixed(label: string, length = 32): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`earshot vector: ${label}`).digest().subarray(0, length));
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const keyPair = (label: string) => keyPairFromPrivate(fixed(label));

const SECRET = fixed("secret of lab", 16);
const code = newJoinCode("lab", SECRET);

function identityVectors() {
  const groups: [string, Uint8Array][] = [
    ["lab", SECRET],
    ["a", new Uint8Array(16)],
    ["0-9", new Uint8Array(16).fill(255)],
    ["-a-name-of-thirty-two-characters", fixed("secret of a long name", 16)],
  ];
  const [name, letters] = code.split(".") as [string, string];
  const changed = (at: number) =>
    letters.slice(0, at) + (letters[at] === "a" ? "b" : "a") + letters.slice(at + 1);
  const malformed: [string, string, string][] = [
    ["shape", "empty", ""],
    ["shape", "only a name", name],
    ["shape", "only letters", letters],
    ["shape", "nothing after the dot", `${name}.`],
    ["shape", "a letter missing at the end", code.slice(0, -1)],
    ["shape", "a letter too many", `${code}a`],
    ["shape", "a digit that base32 does not have", `${name}.1${letters.slice(1)}`],
    ["shape", "padding", `${name}.${letters.slice(0, -1)}=`],
    ["shape", "two dots", `${name}.${letters.slice(0, 16)}.${letters.slice(17)}`],
    ["shape", "a space inside", `${name}.${letters.slice(0, 16)} ${letters.slice(17)}`],
    ["shape", "32 characters, some beyond ASCII", `${name}.${letters.slice(0, -1)}ä`],
    ["name", "no name", `.${letters}`],
    ["name", "a name of 33 characters", `${"n".repeat(33)}.${letters}`],
    ["name", "an underscore in the name", `la_b.${letters}`],
    ["name", "a letter beyond ASCII in the name", `läb.${letters}`],
    ["name", "a space in the name", `l b.${letters}`],
    ["check", "another name", `lib.${letters}`],
    ["check", "first letter changed", `${name}.${changed(0)}`],
    ["check", "a letter of the secret changed", `${name}.${changed(20)}`],
    ["check", "last letter, of the check, changed", `${name}.${changed(31)}`],
    ["check", "two letters exchanged", `${name}.${letters[1]}${letters[0]}${letters.slice(2)}`],
  ];
  return {
    about:
      "PROTOCOL.md 2.5 and 2.6. Bytes in hex. A reader may forgive upper case and space around a join code.",
    ids: ["first", "second", "third"].map((label) => {
      const pair = keyPair(`static of the ${label} peer`);
      return { private_key: pair.exportPrivateKey(), public_key: pair.publicKey, id: nodeId(pair.publicKey) };
    }),
    join_codes: groups.map(([name, secret]) => {
      const { code, announceKey, sessionKey } = parseJoinCode(newJoinCode(name, secret));
      return { code, name, secret, announce_key: announceKey, session_key: sessionKey };
    }),
    malformed_join_codes: malformed.map(([error, what, code]) => ({ error, what, code })),
  };
}

interface Side {
  readonly staticKey: KeyPair;
  readonly ephemeral: KeyPair;
}

function handshakeVector(group: string, code?: string) {
  const psk = code === undefined ? undefined : parseJoinCode(code).sessionKey;
  const psks = psk && new Map([[0, psk], [3, psk]]);
  const prologue = utf8(`earshot/1 ${group}`);
  const sides = ROLES.map((role): Side => ({
    staticKey: keyPair(`static of the ${role}, group ${group}`),
    ephemeral: keyPair(`ephemeral of the ${role}, group ${group}`),
  })) as [Side, Side];
  const state = (i: 0 | 1) => new HandshakeState({ initiator: i === 0, prologue, psks, ...sides[i] });
  const states = [state(0), state(1)] as const;
  const describe = { kind: "linux", app: "earshot/0.1.0", rx: 65535, window: 1024 };
  const payloads = [
    new Uint8Array(0),
    encodeHandshakePayload({ name: "lab-pc", boot: 0x12345678, ...describe }),
    encodeHandshakePayload({ ...describe, name: "bench", kind: "esp32c3", boot: 1, rx: 4096, window: 16 }),
  ];
  const messages = payloads.map((payload, i) => {
    const [writer, reader] = i % 2 === 0 ? states : [states[1], states[0]];
    const message = writer.writeMessage(payload);
    reader.readMessage(message);
    return { from: ROLES[i % 2], payload, message };
  });
  const handshakeHash = states[0].handshakeHash;
  const ciphers = states.map((state) => state.split());
  const nothing = new Uint8Array(0);
  const transport = [
    [0, encodeFrame(FrameType.ping, { n: 305419896 })],
    [1, encodeFrame(FrameType.pong, { n: 305419896 })],
    [0, encodeFrame(FrameType.void, { seq: 1 })],
    [1, encodeFrame(FrameType.close, { why: "idle" })],
    [1, nothing],
    [0, nothing],
  ] as const;
  return {
    protocol_name: `Noise_XX${psk ? "psk0+psk3" : ""}_25519_ChaChaPoly_SHA256`,
    group,
    ...(code && { join_code: code, psks: [psk, psk] }),
    prologue,
    ...Object.fromEntries(sides.flatMap(({ staticKey, ephemeral }, i) => [
      [`${ROLES[i]}_static`, staticKey.exportPrivateKey()],
      [`${ROLES[i]}_ephemeral`, ephemeral.exportPrivateKey()],
      [`${ROLES[i]}_id`, nodeId(staticKey.publicKey)],
    ])),
    messages,
    handshake_hash: handshakeHash,
    transport: transport.map(([from, plaintext]) => ({
      from: ROLES[from],
      plaintext,
      ciphertext: ciphers[from]!.send.encryptWithAd(nothing, plaintext),
    })),
    malformed: malformedMessages(messages.map(({ message }) => message), psk !== undefined),
  };
}

/** What a reader must refuse in place of message `index`, after good ones before it. */
function malformedMessages(messages: Uint8Array[], closed: boolean) {
  const [first, second, third] = messages as [Uint8Array, Uint8Array, Uint8Array];
  const flip = (message: Uint8Array, at: number) =>
    message.with(at < 0 ? message.length + at : at, message.at(at)! ^ 1);
  const withEphemeral = (message: Uint8Array, publicKey: Uint8Array) => {
    const changed = message.slice();
    changed.set(publicKey);
    return changed;
  };
  const list: [number, string, string, Uint8Array][] = [
    [0, "too-short", "empty", first.subarray(0, 0)],
    [0, "too-short", "ends in the ephemeral key", first.subarray(0, 31)],
    [1, "too-short", "empty", second.subarray(0, 0)],
    [1, "too-short", "ends in the static key's tag", second.subarray(0, 79)],
    [1, "too-short", "ends in the payload's tag", second.subarray(0, 95)],
    [1, "decrypt", "last byte missing", second.subarray(0, -1)],
    [1, "decrypt", "a byte too many", new Uint8Array([...second, 0])],
    [1, "decrypt", "bit flipped in the ephemeral key", flip(second, 0)],
    [1, "decrypt", "bit flipped in the static key", flip(second, 32)],
    [1, "decrypt", "bit flipped in the static key's tag", flip(second, 79)],
    [1, "decrypt", "bit flipped in the payload", flip(second, 80)],
    [1, "decrypt", "bit flipped in the payload's tag", flip(second, -1)],
    [1, "bad-key", "ephemeral key all zero", withEphemeral(second, new Uint8Array(32))],
    [1, "bad-key", "ephemeral key of low order", withEphemeral(second, new Uint8Array(32).with(0, 1))],
    [2, "too-short", "empty", third.subarray(0, 0)],
    [2, "too-short", "ends in the payload's tag", third.subarray(0, 63)],
    [2, "decrypt", "bit flipped in the static key", flip(third, 0)],
    [2, "decrypt", "bit flipped in the payload", flip(third, 48)],
    [2, "decrypt", "bit flipped in the payload's tag", flip(third, -1)],
  ];
  if (closed) {
    list.push(
      [0, "too-short", "as in the open group", first.subarray(0, 32)],
      [0, "decrypt", "bit flipped in the ephemeral key", flip(first, 0)],
      [0, "decrypt", "bit flipped in the tag", flip(first, -1)],
    );
  }
  return list.map(([index, error, what, message]) => ({ index, error, what, message }));
}

function write(file: string, vectors: unknown): void {
  const text = JSON.stringify(
    vectors,
    (_key, value) => value instanceof Uint8Array ? value.toHex() : value,
    1,
  );
  Deno.writeTextFileSync(new URL(file, import.meta.url), text + "\n");
}

write("identity.json", identityVectors());
write("handshake.json", {
  about:
    "PROTOCOL.md 2.8: handshakes with fixed keys, then the first records (plaintext: whole frames, or none). " +
    "Bytes in hex; of a key pair the private half. In `malformed`, a reader that has had the good messages before " +
    "`index` must refuse `message` with that error.",
  handshakes: [handshakeVector("earshot"), handshakeVector("lab", code)],
});
