/** Cause of a failure, as a code that programs can rely on. */
export type NoiseErrorCode =
  /** The message is not what the other side sent: damaged, forged, of another group, or with another key. */
  | "decrypt"
  /** A message is shorter than its keys and tags. */
  | "too-short"
  /** A message is, or would become, larger than 65535 bytes. */
  | "too-long"
  /** A key of the wrong length, or a public key of low order. */
  | "bad-key"
  /** A pre-shared key of the wrong length or at a position that the pattern does not have. */
  | "bad-psk"
  /** A cipher has used all its nonces. */
  | "nonce-exhausted"
  /** A call that the state of the handshake does not allow. */
  | "bad-state";

/** A failure in lib/noise. Its message names no key and no plaintext. */
export class NoiseError extends Error {
  override readonly name = "NoiseError";

  constructor(readonly code: NoiseErrorCode, message: string) {
    super(message);
  }
}
