import { createCipheriv, createDecipheriv } from "node:crypto";
import { SMALL_MESSAGE_MAX, smallAead } from "../platform/small_aead.ts";
import { NoiseError } from "./noise_error.ts";

/** Largest Noise message, in a handshake and after it, bytes. */
export const MESSAGE_MAX = 65535;
/** Bytes that encryption adds to a plaintext. */
export const TAG_BYTES = 16;

const ALGORITHM = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_BYTES };
const NOT_ENCRYPTED = "a message is not what the other side encrypted";
/** Reserved by the specification (for rekeying) and never used for a message. */
const LAST_NONCE = 2n ** 64n - 1n;

/** The CipherState object of the Noise specification (section 5.1), with ChaChaPoly. */
export class CipherState {
  #key: Uint8Array | undefined;
  #n = 0n;
  /** Four zero bytes, then the counter, little-endian (section 12.3). */
  readonly #nonce = new Uint8Array(12);
  readonly #counter = new DataView(this.#nonce.buffer, 4);

  /** Takes a key of 32 bytes, or none, and resets the nonce to 0. */
  initializeKey(key: Uint8Array | undefined): void {
    this.#key = key;
    this.#n = 0n;
  }

  hasKey(): boolean {
    return this.#key !== undefined;
  }

  /** Nonce of the next message. */
  get nonce(): bigint {
    return this.#n;
  }

  /** Sets the nonce of the next message, 0 to 2^64 - 1. Never lower it: a nonce used twice betrays both messages. */
  setNonce(nonce: bigint): void {
    this.#n = nonce;
  }

  /**
   * Returns ciphertext and tag in an array of its own; without a key, the plaintext itself.
   *
   * @param plaintext at most {@linkcode MESSAGE_MAX} - {@linkcode TAG_BYTES} bytes, else `too-long`
   */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (!this.#key) return plaintext;
    const length = plaintext.length;
    if (length + TAG_BYTES > MESSAGE_MAX) {
      throw new NoiseError("too-long", `${length} bytes are too much for a message`);
    }
    const small = ad.length === 0 && length <= SMALL_MESSAGE_MAX ? smallAead() : undefined;
    if (small) {
      const sealed = small.seal(this.#key, this.#nextNonce(), plaintext);
      this.#n++;
      return sealed;
    }
    const cipher = createCipheriv(ALGORITHM, this.#key, this.#nextNonce(), OPTIONS);
    if (ad.length > 0) cipher.setAAD(ad, { plaintextLength: length });
    const body = cipher.update(plaintext);
    cipher.final();
    this.#n++;
    // A buffer with memory of its own grows in place; a small one may lie in the shared pool, and is copied.
    let sealed: Uint8Array;
    if (owns(body)) {
      sealed = new Uint8Array(body.buffer.transfer(length + TAG_BYTES));
    } else {
      sealed = new Uint8Array(length + TAG_BYTES);
      sealed.set(body);
    }
    sealed.set(cipher.getAuthTag(), length);
    return sealed;
  }

  /**
   * Returns the plaintext in an array of its own; without a key, the ciphertext itself. Throws `decrypt`, leaving the
   * nonce as it was, if the ciphertext or `ad` is not what was encrypted.
   */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    if (!this.#key) return ciphertext;
    const length = ciphertext.length - TAG_BYTES;
    if (length < 0) throw new NoiseError("too-short", "a message ends before its tag does");
    if (ciphertext.length > MESSAGE_MAX) {
      throw new NoiseError("too-long", `a message of ${ciphertext.length} bytes`);
    }
    const small = ad.length === 0 && length <= SMALL_MESSAGE_MAX ? smallAead() : undefined;
    if (small) {
      const opened = small.open(this.#key, this.#nextNonce(), ciphertext);
      if (!opened) throw new NoiseError("decrypt", NOT_ENCRYPTED);
      this.#n++;
      return opened;
    }
    const decipher = createDecipheriv(ALGORITHM, this.#key, this.#nextNonce(), OPTIONS);
    decipher.setAuthTag(ciphertext.subarray(length));
    if (ad.length > 0) decipher.setAAD(ad, { plaintextLength: length });
    const body = decipher.update(ciphertext.subarray(0, length));
    try {
      decipher.final();
    } catch {
      throw new NoiseError("decrypt", NOT_ENCRYPTED);
    }
    this.#n++;
    return owns(body) ? new Uint8Array(body.buffer) : Uint8Array.from(body);
  }

  #nextNonce(): Uint8Array {
    if (this.#n >= LAST_NONCE) throw new NoiseError("nonce-exhausted", "this session has used up its nonces");
    this.#counter.setBigUint64(0, this.#n, true);
    return this.#nonce;
  }
}

function owns(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer.byteLength === bytes.length;
}
