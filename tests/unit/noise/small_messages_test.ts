// Small messages are sealed and opened by another library, once it is loaded: nobody may notice.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { CipherState } from "../../../lib/noise/cipher_state.ts";
import { NoiseError } from "../../../lib/noise/noise_error.ts";
import { loadSmallAead, SMALL_MESSAGE_MAX, smallAead } from "../../../lib/platform/small_aead.ts";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { SeededRandom } from "../../support/seeded_random.ts";
import { NOTHING } from "./pair.ts";

const ALGORITHM = "chacha20-poly1305";
const OPTIONS = { authTagLength: 16 };

function withKey(key: Uint8Array): CipherState {
  const state = new CipherState();
  state.initializeKey(key);
  return state;
}

function nonceOf(n: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(4, n, true);
  return nonce;
}

/** What RFC 8439 makes of it, by `node:crypto`. */
function sealed(key: Uint8Array, n: number, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(ALGORITHM, key, nonceOf(n), OPTIONS);
  const body = cipher.update(plaintext);
  cipher.final();
  return new Uint8Array([...body, ...cipher.getAuthTag()]);
}

function opened(key: Uint8Array, n: number, message: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(ALGORITHM, key, nonceOf(n), OPTIONS);
  decipher.setAuthTag(message.subarray(-16));
  const body = decipher.update(message.subarray(0, -16));
  decipher.final();
  return new Uint8Array(body);
}

Deno.test("every small message is sealed and opened as node:crypto does it, and next to larger ones in order", async () => {
  await loadSmallAead();
  assert(smallAead());
  const random = new SeededRandom();
  const key = random.bytes(32);
  const [send, receive] = [withKey(key), withKey(key)];
  for (let size = 0; size <= SMALL_MESSAGE_MAX + 64; size++) {
    const plaintext = random.bytes(size);
    const message = send.encryptWithAd(NOTHING, plaintext);
    assertEquals(message, sealed(key, size, plaintext));
    assertEquals(opened(key, size, message), plaintext);
    assertEquals(receive.decryptWithAd(NOTHING, message), plaintext);
  }
});

Deno.test("a small message with any byte changed is refused, and the right one still read", async () => {
  await loadSmallAead();
  const random = new SeededRandom();
  const key = random.bytes(32);
  const receive = withKey(key);
  const plaintext = random.bytes(70);
  const message = withKey(key).encryptWithAd(NOTHING, plaintext);
  for (let at = 0; at < message.length; at++) {
    const changed = message.slice();
    changed[at]! ^= 1 << (at % 8);
    const error = assertThrows(() => receive.decryptWithAd(NOTHING, changed), NoiseError);
    assertEquals([error.code, receive.nonce], ["decrypt", 0n]);
  }
  assertEquals(receive.decryptWithAd(NOTHING, message), plaintext);
});

Deno.test("results of small messages share their memory with nothing", async () => {
  await loadSmallAead();
  const key = new SeededRandom().bytes(32);
  const [send, receive] = [withKey(key), withKey(key)];
  const first = send.encryptWithAd(NOTHING, new Uint8Array(100));
  const read = receive.decryptWithAd(NOTHING, first);
  const kept = [first.slice(), read.slice()];
  receive.decryptWithAd(NOTHING, send.encryptWithAd(NOTHING, new Uint8Array(100).fill(7)));
  assertEquals([first, read], kept);
  for (const bytes of [first, read]) assertEquals(bytes.buffer.byteLength, bytes.length);
});

Deno.test("it is loaded once many messages were sealed, not before", async () => {
  const script = `
    import { smallAead } from "${new URL("../../../lib/platform/small_aead.ts", import.meta.url)}";
    let count = 0;
    while (!smallAead()) {
      if (++count >= 63) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    console.log(count >= 64);
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "-q", script] }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "true");
});
