import { assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { NoiseError } from "../../../lib/noise/noise_error.ts";
import { HandshakeState } from "../../../lib/noise/handshake_state.ts";
import { keyPairFromPrivate } from "../../../lib/noise/key_pair.ts";
import { NOTHING, turn, utf8 } from "./pair.ts";

interface PublishedVector {
  protocol_name: string;
  init_prologue: string;
  init_psks?: string[];
  init_static: string;
  init_ephemeral: string;
  resp_prologue: string;
  resp_psks?: string[];
  resp_static: string;
  resp_ephemeral: string;
  handshake_hash?: string;
  messages: { payload: string; ciphertext: string }[];
}

interface EarshotVector {
  protocol_name: string;
  group: string;
  psks?: string[];
  prologue: string;
  initiator_static: string;
  initiator_ephemeral: string;
  responder_static: string;
  responder_ephemeral: string;
  messages: { from: string; payload: string; message: string }[];
  handshake_hash: string;
  transport: { from: "initiator" | "responder"; plaintext: string; ciphertext: string }[];
  malformed: { index: number; error: string; what: string; message: string }[];
}

const hex = Uint8Array.fromHex;
const keyPair = (text: string) => keyPairFromPrivate(hex(text));

function read<T>(file: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(`../../vectors/${file}`, import.meta.url)));
}

/** Psks by the positions that a protocol name gives. */
function psksOf(protocolName: string, psks: string[] = []): Map<number, Uint8Array> {
  const positions = [...protocolName.matchAll(/psk([0-9])/g)].map((match) => Number(match[1]));
  assertEquals(positions.length, psks.length);
  return new Map(positions.map((position, i) => [position, hex(psks[i]!)]));
}

const published = read<{ vectors: PublishedVector[] }>("noise-published.json").vectors;
const ours = read<{ handshakes: EarshotVector[] }>("handshake.json").handshakes;

Deno.test("the files of vectors hold what they should", () => {
  const names = ["", "psk3", "psk0+psk3"].map((psks) => `Noise_XX${psks}_25519_ChaChaPoly_SHA256`);
  assertEquals(published.map((vector) => vector.protocol_name), names);
  assertEquals(ours.map((vector) => vector.protocol_name), [names[0], names[2]]);
  for (const vector of published) assertGreaterOrEqual(vector.messages.length, 5);
  for (const vector of ours) {
    assertEquals([vector.messages.length, vector.transport.length], [3, 6]);
    assertGreaterOrEqual(vector.malformed.length, 10);
  }
});

for (const vector of published) {
  Deno.test(`${vector.protocol_name} agrees with the published vector, transport and hash included`, () => {
    const states: [HandshakeState, HandshakeState] = [
      new HandshakeState({
        initiator: true,
        prologue: hex(vector.init_prologue),
        psks: psksOf(vector.protocol_name, vector.init_psks),
        staticKey: keyPair(vector.init_static),
        ephemeral: keyPair(vector.init_ephemeral),
      }),
      new HandshakeState({
        initiator: false,
        prologue: hex(vector.resp_prologue),
        psks: psksOf(vector.protocol_name, vector.resp_psks),
        staticKey: keyPair(vector.resp_static),
        ephemeral: keyPair(vector.resp_ephemeral),
      }),
    ];
    for (const [i, { payload, ciphertext }] of vector.messages.slice(0, 3).entries()) {
      const { writer, reader } = turn(states, i);
      assertEquals(writer.writeMessage(hex(payload)).toHex(), ciphertext);
      assertEquals(reader.readMessage(hex(ciphertext)).toHex(), payload);
    }
    assertEquals(states[0].handshakeHash, states[1].handshakeHash);
    if (vector.handshake_hash) assertEquals(states[0].handshakeHash.toHex(), vector.handshake_hash);
    const [initiator, responder] = [states[0].split(), states[1].split()];
    for (const [i, { payload, ciphertext }] of vector.messages.slice(3).entries()) {
      const [writer, reader] = i % 2 === 0 ? [responder, initiator] : [initiator, responder];
      assertEquals(writer.send.encryptWithAd(NOTHING, hex(payload)).toHex(), ciphertext);
      assertEquals(reader.receive.decryptWithAd(NOTHING, hex(ciphertext)).toHex(), payload);
    }
  });
}

for (const vector of ours) {
  const states = (): [HandshakeState, HandshakeState] => {
    const common = { prologue: hex(vector.prologue), psks: psksOf(vector.protocol_name, vector.psks) };
    return [
      new HandshakeState({
        ...common,
        initiator: true,
        staticKey: keyPair(vector.initiator_static),
        ephemeral: keyPair(vector.initiator_ephemeral),
      }),
      new HandshakeState({
        ...common,
        initiator: false,
        staticKey: keyPair(vector.responder_static),
        ephemeral: keyPair(vector.responder_ephemeral),
      }),
    ];
  };

  Deno.test(`a handshake in group ${vector.group} is the one every implementation agreed on`, () => {
    assertEquals(hex(vector.prologue), utf8(`earshot/1 ${vector.group}`));
    const pair = states();
    for (const [i, { from, payload, message }] of vector.messages.entries()) {
      const { writer, reader } = turn(pair, i);
      assertEquals(from, i % 2 === 0 ? "initiator" : "responder");
      assertEquals(writer.writeMessage(hex(payload)).toHex(), message);
      assertEquals(reader.readMessage(hex(message)).toHex(), payload);
    }
    for (const state of pair) assertEquals(state.handshakeHash.toHex(), vector.handshake_hash);
    assertEquals(pair[0].remoteStatic, keyPair(vector.responder_static).publicKey);
    assertEquals(pair[1].remoteStatic, keyPair(vector.initiator_static).publicKey);
    const ciphers = { initiator: pair[0].split(), responder: pair[1].split() };
    for (const { from, plaintext, ciphertext } of vector.transport) {
      const to = from === "initiator" ? "responder" : "initiator";
      assertEquals(ciphers[from].send.encryptWithAd(NOTHING, hex(plaintext)).toHex(), ciphertext);
      assertEquals(ciphers[to].receive.decryptWithAd(NOTHING, hex(ciphertext)).toHex(), plaintext);
    }
  });

  for (const { index, error, what, message } of vector.malformed) {
    Deno.test(`group ${vector.group}: message ${index + 1} is refused as ${error}: ${what}`, () => {
      const pair = states();
      for (let i = 0; i < index; i++) {
        turn(pair, i).reader.readMessage(turn(pair, i).writer.writeMessage(hex(vector.messages[i]!.payload)));
      }
      const thrown = assertThrows(() => turn(pair, index).reader.readMessage(hex(message)), NoiseError);
      assertEquals(thrown.code, error);
    });
  }
}
