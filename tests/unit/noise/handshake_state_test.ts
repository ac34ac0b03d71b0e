import { assert, assertEquals, assertFalse, assertNotEquals, assertThrows } from "@std/assert";
import { CipherState } from "../../../lib/noise/cipher_state.ts";
import { NoiseError, type NoiseErrorCode } from "../../../lib/noise/noise_error.ts";
import { dh, generateKeyPair, keyPairFromPrivate } from "../../../lib/noise/key_pair.ts";
import { SymmetricState } from "../../../lib/noise/symmetric_state.ts";
import { exchange, filled, NOTHING, pair, turn, utf8 } from "./pair.ts";

const CLOSED = { psks: new Map([[0, filled(7)], [3, filled(7)]]) };

function assertNoise(code: NoiseErrorCode, fn: () => unknown): void {
  assertEquals(assertThrows(fn, NoiseError).code, code);
}

Deno.test("both sides end with each other's static key, the same hash, and ciphers that fit", () => {
  for (const options of [{}, CLOSED]) {
    const [alice, bob] = [generateKeyPair(), generateKeyPair()];
    const states = pair({ ...options, staticKey: alice }, { ...options, staticKey: bob });
    const payloads = [utf8("one"), utf8("two"), utf8("three")];
    for (const [i, payload] of payloads.entries()) {
      const { writer, reader } = turn(states, i);
      assert(writer.myTurn && !reader.myTurn && !writer.finished);
      assertEquals(reader.readMessage(writer.writeMessage(payload)), payload);
    }
    const [initiator, responder] = states;
    assert(initiator.finished && responder.finished && !initiator.myTurn && !responder.myTurn);
    assertEquals([initiator.remoteStatic, responder.remoteStatic], [bob.publicKey, alice.publicKey]);
    assertEquals(initiator.handshakeHash, responder.handshakeHash);
    const [a, b] = [initiator.split(), responder.split()];
    assertEquals(b.receive.decryptWithAd(NOTHING, a.send.encryptWithAd(NOTHING, utf8("to b"))), utf8("to b"));
    assertEquals(a.receive.decryptWithAd(NOTHING, b.send.encryptWithAd(NOTHING, utf8("to a"))), utf8("to a"));
  }
});

Deno.test("two handshakes between the same peers share no ephemeral key and no hash", () => {
  const keys = { staticKey: generateKeyPair() };
  const [first, second] = [pair(keys), pair(keys)];
  exchange(first);
  exchange(second);
  assertNotEquals(first[0].handshakeHash, second[0].handshakeHash);
  assertNotEquals(first[1].remoteEphemeral, second[1].remoteEphemeral);
  assertNotEquals(first[0].remoteEphemeral, second[0].remoteEphemeral);
});

Deno.test("a flipped bit anywhere in a message is noticed, at the latest by the next message", () => {
  for (const [group, options] of Object.entries({ open: {}, closed: CLOSED })) {
    for (let index = 0; index < 3; index++) {
      const good = pair(options);
      exchange(good, index);
      const length = turn(good, index).writer.writeMessage(utf8("payload")).length;
      for (let at = 0; at < length; at++) {
        const states = pair(options);
        exchange(states, index);
        const { writer, reader } = turn(states, index);
        const message = writer.writeMessage(utf8("payload"));
        message[at]! ^= 1 << (at % 8);
        // The first message of the open group is not encrypted: its reader cannot know, and the other side will.
        if (group === "open" && index === 0) {
          reader.readMessage(message);
          assertNoise("decrypt", () => writer.readMessage(reader.writeMessage(NOTHING)));
        } else {
          assertNoise("decrypt", () => reader.readMessage(message));
        }
      }
    }
  }
});

Deno.test("nobody joins with another psk, without one, or with one where the group has none", () => {
  const wrong = (...entries: [number, Uint8Array][]) => ({ psks: new Map(entries) });
  for (const first of [wrong([0, filled(8)], [3, filled(7)]), {}]) {
    const [initiator, responder] = pair(first, CLOSED);
    const message = initiator.writeMessage(utf8("a payload"));
    assertThrows(() => responder.readMessage(message), NoiseError);
  }
  const [closed, open] = pair(CLOSED, {});
  open.readMessage(closed.writeMessage(NOTHING));
  assertNoise("decrypt", () => closed.readMessage(open.writeMessage(NOTHING)));
  const last = pair(CLOSED, wrong([0, filled(7)], [3, filled(8)]));
  exchange(last, 2);
  const message = last[0].writeMessage(NOTHING);
  assertNoise("decrypt", () => last[1].readMessage(message));
});

Deno.test("peers of different groups never finish a handshake", () => {
  const [initiator, responder] = pair({ prologue: utf8("earshot/1 lab") }, {
    prologue: utf8("earshot/1 lib"),
  });
  responder.readMessage(initiator.writeMessage(NOTHING));
  assertNoise("decrypt", () => initiator.readMessage(responder.writeMessage(NOTHING)));
  const closed = pair({ ...CLOSED, prologue: utf8("earshot/1 lab") }, {
    ...CLOSED,
    prologue: utf8("earshot/1 lib"),
  });
  const message = closed[0].writeMessage(NOTHING);
  assertNoise("decrypt", () => closed[1].readMessage(message));
});

Deno.test("a message cut short anywhere is refused", () => {
  for (const options of [{}, CLOSED]) {
    for (let index = 0; index < 3; index++) {
      const measure = pair(options);
      exchange(measure, index);
      const length = turn(measure, index).writer.writeMessage(NOTHING).length;
      for (let cut = 0; cut < length; cut++) {
        const states = pair(options);
        exchange(states, index);
        const { writer, reader } = turn(states, index);
        const message = writer.writeMessage(NOTHING).subarray(0, cut);
        assertThrows(() => reader.readMessage(message), NoiseError);
      }
    }
  }
});

Deno.test("a message has at most 65535 bytes, written or read", () => {
  for (const options of [{}, CLOSED]) {
    for (const [index, overhead] of [options === CLOSED ? 48 : 32, 96, 64].entries()) {
      const fits = pair(options);
      exchange(fits, index);
      const largest = turn(fits, index).writer.writeMessage(filled(1, 65535 - overhead));
      assertEquals(largest.length, 65535);
      assertEquals(turn(fits, index).reader.readMessage(largest).length, 65535 - overhead);

      const written = pair(options);
      exchange(written, index);
      assertNoise("too-long", () => turn(written, index).writer.writeMessage(filled(1, 65536 - overhead)));

      const read = pair(options);
      exchange(read, index);
      assertNoise("too-long", () => turn(read, index).reader.readMessage(filled(1, 65536)));
    }
  }
});

Deno.test("psks work at every combination of positions, and no two combinations agree", () => {
  const hashes = new Set<string>();
  for (let mask = 0; mask < 16; mask++) {
    const psks = new Map<number, Uint8Array>();
    // Put in backwards: the order of the map has no meaning.
    for (let position = 3; position >= 0; position--) {
      if (mask & (1 << position)) psks.set(position, filled(position));
    }
    const fixed = {
      psks,
      staticKey: keyPairFromPrivate(filled(1)),
      ephemeral: keyPairFromPrivate(filled(2)),
    };
    const states = pair(fixed);
    exchange(states);
    assertEquals(states[0].handshakeHash, states[1].handshakeHash);
    hashes.add(states[0].handshakeHash.toHex());
    for (const position of psks.keys()) {
      const other = pair(fixed, { ...fixed, psks: new Map(psks).set(position, filled(99)) });
      assertThrows(() => exchange(other), NoiseError);
    }
  }
  assertEquals(hashes.size, 16);
});

Deno.test("a psk of another length, or at a position that the pattern lacks, is refused", () => {
  const bad: [number, number][] = [[0, 31], [3, 33], [4, 32], [-1, 32], [0.5, 32]];
  for (const [position, length] of bad) {
    assertNoise("bad-psk", () => pair({ psks: new Map([[position, filled(1, length)]]) }));
  }
});

Deno.test("an ephemeral key of zeros is refused by whoever reads it, at the latest when answering", () => {
  const zero = (message: Uint8Array) => {
    message.fill(0, 0, 32);
    return message;
  };
  const [initiator, responder] = pair();
  responder.readMessage(zero(initiator.writeMessage(NOTHING)));
  assertNoise("bad-key", () => responder.writeMessage(NOTHING));
  const second = pair();
  exchange(second, 1);
  const message = zero(second[1].writeMessage(NOTHING));
  assertNoise("bad-key", () => second[0].readMessage(message));
});

Deno.test("a static key of zeros is refused even where everything else about the message is right", () => {
  // A responder that follows the protocol with objects of its own, but for the key that it says it has.
  const [initiator] = pair();
  const symmetric = new SymmetricState("Noise_XX_25519_ChaChaPoly_SHA256");
  symmetric.mixHash(utf8("earshot/1 earshot"));
  const first = initiator.writeMessage(NOTHING);
  symmetric.mixHash(first);
  symmetric.decryptAndHash(NOTHING);
  const ephemeral = generateKeyPair();
  symmetric.mixHash(ephemeral.publicKey);
  symmetric.mixKey(dh(ephemeral, first));
  const key = symmetric.encryptAndHash(filled(0));
  symmetric.mixKey(filled(0));
  const message = new Uint8Array([...ephemeral.publicKey, ...key, ...symmetric.encryptAndHash(NOTHING)]);
  assertNoise("bad-key", () => initiator.readMessage(message));
});

Deno.test("after a message that failed a handshake is of no further use", () => {
  const states = pair();
  exchange(states, 1);
  const message = states[1].writeMessage(NOTHING);
  const damaged = message.with(0, message[0]! ^ 1);
  assertNoise("decrypt", () => states[0].readMessage(damaged));
  assertNoise("bad-state", () => states[0].readMessage(message));
  assertNoise("bad-state", () => states[0].writeMessage(NOTHING));
  assertNoise("bad-state", () => states[0].split());
});

Deno.test("a call out of turn is refused and harms nothing", () => {
  const states = pair();
  assertNoise("bad-state", () => states[0].readMessage(filled(1)));
  assertNoise("bad-state", () => states[1].writeMessage(NOTHING));
  assertNoise("bad-state", () => states[0].split());
  exchange(states);
  assertNoise("bad-state", () => states[0].writeMessage(NOTHING));
  assertNoise("bad-state", () => states[1].readMessage(NOTHING));
  states[0].split();
});

Deno.test("a handshake is split once: a second pair of ciphers would repeat its nonces", () => {
  const states = pair();
  exchange(states);
  states[0].split();
  assertNoise("bad-state", () => states[0].split());
});

Deno.test("what was read from a message stays when its buffer is used again", () => {
  const states = pair();
  const first = states[0].writeMessage(NOTHING);
  states[1].readMessage(first);
  const ephemeral = new Uint8Array(states[1].remoteEphemeral!);
  first.fill(0);
  assertEquals(states[1].remoteEphemeral, ephemeral);
  states[0].readMessage(states[1].writeMessage(NOTHING));
  assertFalse(states[0].finished);
});

Deno.test("nothing secret shows when the objects of a handshake are printed", () => {
  const states = pair({
    staticKey: keyPairFromPrivate(filled(0xa5)),
    ephemeral: keyPairFromPrivate(filled(0xa5)),
    psks: new Map([[0, filled(0xa5)]]),
  });
  exchange(states);
  const cipher = new CipherState();
  cipher.initializeKey(filled(0xa5));
  for (const object of [...states, cipher]) {
    const inspected = Deno.inspect(object, { depth: 10, showHidden: true, iterableLimit: 100 });
    for (const text of [inspected, JSON.stringify(object)]) assertFalse(text.includes("165"), text);
  }
});
