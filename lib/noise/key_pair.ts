import { Buffer } from "node:buffer";
import type { KeyObject } from "node:crypto";
import { nodeCrypto } from "../platform/node_crypto.ts";
import { systemRandom } from "../platform/random.ts";
import { NoiseError } from "./noise_error.ts";

/** Bytes of an X25519 key, private or public, and of a shared secret: DHLEN in the Noise specification. */
export const KEY_BYTES = 32;

// DER encoding of an X25519 key before its 32 bytes (RFC 8410).
const PRIVATE_DER = Uint8Array.fromHex("302e020100300506032b656e04220420");
const PUBLIC_DER = Uint8Array.fromHex("302a300506032b656e032100");

let privateKeyOf: (pair: KeyPair) => KeyObject;

/** An X25519 key pair. Printed, inspected, cloned or converted to JSON, it shows only its public key. */
export class KeyPair {
  readonly publicKey: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #privateKey: KeyObject;

  static {
    privateKeyOf = (pair) => pair.#privateKey;
  }

  /** See {@linkcode keyPairFromPrivate}. */
  constructor(privateKey: Uint8Array) {
    this.#bytes = new Uint8Array(privateKey);
    const { createPrivateKey, createPublicKey } = nodeCrypto();
    this.#privateKey = createPrivateKey({ key: der(PRIVATE_DER, privateKey), format: "der", type: "pkcs8" });
    const spki = createPublicKey(this.#privateKey).export({ format: "der", type: "spki" });
    this.publicKey = Uint8Array.from(spki.subarray(PUBLIC_DER.length));
  }

  /** Returns a copy of the 32 private bytes; for the key file only. */
  exportPrivateKey(): Uint8Array {
    return this.#bytes.slice();
  }

  toJSON(): { publicKey: string } {
    return { publicKey: this.publicKey.toHex() };
  }
}

/** Makes a new key pair; another `random` than the system's is for tests. */
export function generateKeyPair(
  random: { bytes(length: number): Uint8Array } = systemRandom,
): KeyPair {
  return new KeyPair(random.bytes(KEY_BYTES));
}

/** Makes the key pair of 32 private bytes (clamped at each use, see RFC 7748). Throws `bad-key`. */
export function keyPairFromPrivate(privateKey: Uint8Array): KeyPair {
  return new KeyPair(privateKey);
}

/**
 * Returns the X25519 shared secret, 32 bytes. Throws `bad-key` if the public key has the wrong length, or is a point of
 * low order, with which every secret is zero: Deno before 2.9 does not reject those.
 */
export function dh(pair: KeyPair, publicKey: Uint8Array): Uint8Array {
  const { createPublicKey, diffieHellman } = nodeCrypto();
  const remote = createPublicKey({ key: der(PUBLIC_DER, publicKey), format: "der", type: "spki" });
  let secret: Uint8Array | undefined;
  try {
    secret = diffieHellman({ privateKey: privateKeyOf(pair), publicKey: remote });
  } catch { /* the same refusal as below */ }
  if (!secret?.some((byte) => byte !== 0)) {
    throw new NoiseError("bad-key", "the other side's public key makes the shared secret zero");
  }
  return new Uint8Array(secret);
}

function der(prefix: Uint8Array, key: Uint8Array): Buffer {
  if (key.length !== KEY_BYTES) {
    throw new NoiseError("bad-key", `a key has ${KEY_BYTES} bytes, not ${key.length}`);
  }
  return Buffer.concat([prefix, key]);
}
