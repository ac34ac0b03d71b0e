import { createHash, hkdfSync } from "node:crypto";
import { CipherState } from "./cipher_state.ts";

/** Bytes of a SHA-256 hash: HASHLEN in the Noise specification. */
const HASH_BYTES = 32;

/** The SymmetricState object of the Noise specification (section 5.2), with SHA256. */
export class SymmetricState {
  readonly #cipher = new CipherState();
  #chainingKey: Uint8Array;
  #hash: Uint8Array;

  /** InitializeSymmetric. */
  constructor(protocolName: string) {
    const name = new TextEncoder().encode(protocolName);
    this.#hash = new Uint8Array(HASH_BYTES);
    if (name.length <= HASH_BYTES) this.#hash.set(name);
    else this.#hash = sha256(name);
    this.#chainingKey = this.#hash;
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#chainingKey, inputKeyMaterial);
    this.#chainingKey = chainingKey;
    this.#cipher.initializeKey(key);
  }

  mixHash(data: Uint8Array): void {
    this.#hash = sha256(this.#hash, data);
  }

  mixKeyAndHash(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, hash, key] = hkdf(this.#chainingKey, inputKeyMaterial);
    this.#chainingKey = chainingKey;
    this.mixHash(hash);
    this.#cipher.initializeKey(key);
  }

  /** Returns a copy of the hash over the handshake so far. */
  getHandshakeHash(): Uint8Array {
    return new Uint8Array(this.#hash);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher.encryptWithAd(this.#hash, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** Throws as {@linkcode CipherState.decryptWithAd} does. */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher.decryptWithAd(this.#hash, ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** Returns the transport ciphers: the initiator's sending cipher, then the responder's. */
  split(): [CipherState, CipherState] {
    const [first, second] = hkdf(this.#chainingKey, new Uint8Array(0));
    const ciphers: [CipherState, CipherState] = [new CipherState(), new CipherState()];
    ciphers[0].initializeKey(first);
    ciphers[1].initializeKey(second);
    return ciphers;
  }
}

function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Computes the specification's HKDF (section 4.3) with three outputs: that of RFC 5869 with an empty `info`. */
function hkdf(chainingKey: Uint8Array, inputKeyMaterial: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const bytes = new Uint8Array(
    hkdfSync("sha256", inputKeyMaterial, chainingKey, new Uint8Array(0), 3 * HASH_BYTES),
  );
  const output = (i: number) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES);
  return [output(0), output(1), output(2)];
}
