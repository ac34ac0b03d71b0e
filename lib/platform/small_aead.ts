/** Largest message that WebAssembly seals faster than `node:crypto`, which makes a stream for each; bytes. */
export const SMALL_MESSAGE_MAX = 4096;

/** A process that seals and opens fewer messages has no use for the time that loading takes. */
const LOADED_AFTER = 64;

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The part of libsodium that is used. Memory is given by its address, a length by its lower and its upper half. */
interface Sodium {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _crypto_aead_chacha20poly1305_ietf_encrypt(
    ...args: [sealed: number, sealedLength: 0, ...Input, ...NoAd, noSecret: 0, nonce: number, key: number]
  ): number;
  _crypto_aead_chacha20poly1305_ietf_decrypt(
    ...args: [opened: number, openedLength: 0, noSecret: 0, ...Input, ...NoAd, nonce: number, key: number]
  ): number;
}

type Input = [address: number, length: number, upper: 0];
type NoAd = [address: 0, length: 0, upper: 0];

/** ChaCha20-Poly1305 (RFC 8439), without associated data, for messages of at most {@linkcode SMALL_MESSAGE_MAX} bytes. */
export class SmallAead {
  readonly #sodium;
  readonly #key;
  readonly #nonce;
  /** A message, before and after. */
  readonly #message;

  constructor(sodium: Sodium) {
    this.#sodium = sodium;
    const at = sodium._malloc(KEY_BYTES + NONCE_BYTES + SMALL_MESSAGE_MAX + TAG_BYTES);
    const memory = (offset: number, length: number) =>
      new Uint8Array(sodium.HEAPU8.buffer, at + offset, length);
    this.#key = memory(0, KEY_BYTES);
    this.#nonce = memory(KEY_BYTES, NONCE_BYTES);
    this.#message = memory(KEY_BYTES + NONCE_BYTES, SMALL_MESSAGE_MAX + TAG_BYTES);
  }

  /** Returns ciphertext and tag. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const at = this.#take(key, nonce, plaintext);
    const { length } = plaintext;
    this.#sodium._crypto_aead_chacha20poly1305_ietf_encrypt(
      ...[at, 0, at, length, 0, 0, 0, 0, 0, this.#nonce.byteOffset, this.#key.byteOffset] as const,
    );
    return this.#message.slice(0, length + TAG_BYTES);
  }

  /** Returns the plaintext; undefined if the message, of at least 16 bytes, is not what was sealed. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const at = this.#take(key, nonce, sealed);
    const { length } = sealed;
    const result = this.#sodium._crypto_aead_chacha20poly1305_ietf_decrypt(
      ...[at, 0, 0, at, length, 0, 0, 0, 0, this.#nonce.byteOffset, this.#key.byteOffset] as const,
    );
    return result === 0 ? this.#message.slice(0, length - TAG_BYTES) : undefined;
  }

  #take(key: Uint8Array, nonce: Uint8Array, message: Uint8Array): number {
    this.#key.set(key);
    this.#nonce.set(nonce);
    this.#message.set(message);
    return this.#message.byteOffset;
  }
}

let asked = 0;
let loaded: SmallAead | undefined;

/** Returns the library; undefined until it is loaded, some time after many calls, or if it cannot be loaded. */
export function smallAead(): SmallAead | undefined {
  if (!loaded && ++asked === LOADED_AFTER) loadSmallAead().catch(() => {/* what there was serves on */});
  return loaded;
}

/** Loads the library for {@linkcode smallAead} now. */
export async function loadSmallAead(): Promise<void> {
  const { default: library } = await import("npm:libsodium@0.8.4") as unknown as {
    default: (options: object) => Promise<Sodium>;
  };
  loaded = new SmallAead(await library({}));
}
