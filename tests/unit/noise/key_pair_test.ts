import { assert, assertEquals, assertFalse, assertNotEquals, assertThrows } from "@std/assert";
import { NoiseError } from "../../../lib/noise/noise_error.ts";
import { dh, generateKeyPair, keyPairFromPrivate } from "../../../lib/noise/key_pair.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { filled } from "./pair.ts";

const hex = Uint8Array.fromHex;

/** Every point with which a shared secret is zero: those of order 1, 2, 4 and 8, and their other spellings. */
const LOW_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(hex);

Deno.test("public keys and shared secrets are those of RFC 7748", () => {
  const alice = keyPairFromPrivate(hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const bob = keyPairFromPrivate(hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  assertEquals(alice.publicKey, hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  assertEquals(bob.publicKey, hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  const secret = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  assertEquals(dh(alice, bob.publicKey), secret);
  assertEquals(dh(bob, alice.publicKey), secret);
});

Deno.test("a public key that makes the secret zero is refused, on every Deno version and in every spelling", () => {
  for (const point of LOW_ORDER) {
    for (const topBit of [0, 0x80]) {
      const publicKey = point.with(31, point[31]! | topBit);
      const error = assertThrows(() => dh(generateKeyPair(), publicKey), NoiseError);
      assertEquals(error.code, "bad-key");
    }
  }
});

Deno.test("a key of another length is refused", () => {
  for (const length of [0, 31, 33, 64]) {
    for (const use of [keyPairFromPrivate, (key: Uint8Array) => dh(generateKeyPair(), key)]) {
      assertEquals(assertThrows(() => use(filled(9, length)), NoiseError).code, "bad-key");
    }
  }
});

Deno.test("a key pair survives its private bytes, and each new one is another", () => {
  const pair = generateKeyPair();
  assertEquals(keyPairFromPrivate(pair.exportPrivateKey()).publicKey, pair.publicKey);
  assertNotEquals(generateKeyPair().publicKey, pair.publicKey);
  assertEquals(
    generateKeyPair(new SeededRandom(1)).publicKey,
    generateKeyPair(new SeededRandom(1)).publicKey,
  );
});

Deno.test("nobody changes a key pair from outside", () => {
  const bytes = filled(9);
  const pair = keyPairFromPrivate(bytes);
  bytes.fill(1);
  pair.exportPrivateKey().fill(2);
  assertEquals(pair.exportPrivateKey(), filled(9));
});

Deno.test("a private key shows in no inspection, JSON, clone, string or error", () => {
  const secret = filled(0xa5);
  const pair = keyPairFromPrivate(secret);
  const error = assertThrows(() => dh(pair, filled(0)), NoiseError);
  const wrongLength = assertThrows(() => keyPairFromPrivate(filled(0xa5, 31)), NoiseError);
  const shown = [
    Deno.inspect(pair, { depth: 10, showHidden: true, iterableLimit: 100 }),
    Deno.inspect({ nested: [pair] }, { depth: 10 }),
    Deno.inspect(structuredClone({ ...pair }), { depth: 10 }),
    JSON.stringify(pair),
    JSON.stringify({ ...pair }),
    String(pair),
    Deno.inspect(error),
    Deno.inspect(wrongLength),
    ...Object.getOwnPropertyNames(pair),
  ];
  for (const text of shown) {
    assertFalse(text.includes("165, 165"), text);
    assertFalse(text.includes("a5a5"), text);
    assertFalse(text.includes("paWl"), text);
  }
  assert(JSON.stringify(pair).includes(pair.publicKey.toHex()));
});
