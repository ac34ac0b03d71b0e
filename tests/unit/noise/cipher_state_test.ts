import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { CipherState } from "../../../lib/noise/cipher_state.ts";
import { NoiseError, type NoiseErrorCode } from "../../../lib/noise/noise_error.ts";
import { filled, NOTHING, utf8 } from "./pair.ts";

function assertNoise(code: NoiseErrorCode, fn: () => unknown): void {
  assertEquals(assertThrows(fn, NoiseError).code, code);
}

function withKey(byte = 1): CipherState {
  const state = new CipherState();
  state.initializeKey(filled(byte));
  return state;
}

Deno.test("a cipher without a key changes nothing", () => {
  const state = new CipherState();
  assertEquals(state.hasKey(), false);
  assertEquals(state.encryptWithAd(NOTHING, utf8("text")), utf8("text"));
  assertEquals(state.decryptWithAd(NOTHING, utf8("text")), utf8("text"));
  assertEquals(state.nonce, 0n);
});

Deno.test("what one side encrypts the other decrypts, in order, at every size", () => {
  const [send, receive] = [withKey(), withKey()];
  for (const [i, size] of [0, 1, 15, 16, 17, 255, 256, 4095, 4096, 8192, 65518, 65519].entries()) {
    for (const ad of [NOTHING, utf8("additional data")]) {
      const plaintext = filled(i, size);
      const ciphertext = send.encryptWithAd(ad, plaintext);
      assertEquals(ciphertext.length, size + 16);
      assertEquals(receive.decryptWithAd(ad, ciphertext), plaintext);
    }
  }
  assertEquals([send.nonce, receive.nonce], [24n, 24n]);
});

Deno.test("results are plain arrays that share their memory with nothing", () => {
  for (const size of [1, 100, 5000, 65519]) {
    const [send, receive] = [withKey(), withKey()];
    const plaintext = filled(3, size);
    const ciphertext = send.encryptWithAd(NOTHING, plaintext);
    for (const result of [ciphertext, receive.decryptWithAd(NOTHING, ciphertext)]) {
      assertEquals(result.constructor, Uint8Array);
      assertEquals(result.buffer.byteLength, result.length);
      assert(result.buffer !== plaintext.buffer);
    }
  }
});

Deno.test("the same plaintext never looks the same twice", () => {
  const state = withKey();
  assertNotEquals(state.encryptWithAd(NOTHING, filled(1)), state.encryptWithAd(NOTHING, filled(1)));
});

Deno.test("a changed, cut, lengthened, repeated or reordered message is refused, and the right one still read", () => {
  const [send, receive] = [withKey(), withKey()];
  const [first, second] = [
    send.encryptWithAd(NOTHING, utf8("first")),
    send.encryptWithAd(NOTHING, utf8("second")),
  ];
  for (let at = 0; at < first.length; at++) {
    assertNoise("decrypt", () => receive.decryptWithAd(NOTHING, first.with(at, first[at]! ^ 0x80)));
  }
  assertNoise("decrypt", () => receive.decryptWithAd(NOTHING, first.subarray(1)));
  assertNoise("decrypt", () => receive.decryptWithAd(NOTHING, new Uint8Array([...first, 0])));
  assertNoise("decrypt", () => receive.decryptWithAd(NOTHING, second));
  assertNoise("decrypt", () => receive.decryptWithAd(utf8("other data"), first));
  assertNoise("decrypt", () => withKey(2).decryptWithAd(NOTHING, first));
  assertEquals(receive.decryptWithAd(NOTHING, first), utf8("first"));
  assertNoise("decrypt", () => receive.decryptWithAd(NOTHING, first));
  assertEquals(receive.decryptWithAd(NOTHING, second), utf8("second"));
});

Deno.test("a ciphertext shorter than a tag, or larger than a message, is refused", () => {
  for (let length = 0; length < 16; length++) {
    assertNoise("too-short", () => withKey().decryptWithAd(NOTHING, filled(0, length)));
  }
  assertNoise("too-long", () => withKey().decryptWithAd(NOTHING, filled(0, 65536)));
});

Deno.test("a plaintext too large for a message is refused and costs no nonce", () => {
  const state = withKey();
  assertNoise("too-long", () => state.encryptWithAd(NOTHING, filled(0, 65520)));
  assertEquals(state.nonce, 0n);
});

Deno.test("the counter passes 2^32 and 2^53 without repeating, and the last nonce is never used", () => {
  const [send, receive] = [withKey(), withKey()];
  const seen = new Set<string>();
  for (const start of [2n ** 32n - 1n, 2n ** 53n - 1n, 2n ** 64n - 3n]) {
    send.setNonce(start);
    receive.setNonce(start);
    for (let i = 0; i < 2; i++) {
      const ciphertext = send.encryptWithAd(NOTHING, filled(5));
      seen.add(ciphertext.toHex());
      assertEquals(receive.decryptWithAd(NOTHING, ciphertext), filled(5));
    }
  }
  assertEquals(seen.size, 6);
  for (let i = 0; i < 2; i++) {
    assertNoise("nonce-exhausted", () => send.encryptWithAd(NOTHING, NOTHING));
    assertNoise("nonce-exhausted", () => receive.decryptWithAd(NOTHING, filled(0, 16)));
  }
  assertEquals([send.nonce, receive.nonce], [2n ** 64n - 1n, 2n ** 64n - 1n]);
  send.initializeKey(filled(9));
  assertEquals(send.nonce, 0n);
});
