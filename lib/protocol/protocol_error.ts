/** Fault of bytes that a decoder refused, or of fields that an encoder refused. */
export type ProtocolErrorCode =
  /** Ends before it is complete. */
  | "too-short"
  /** Longer than its limit. */
  | "too-long"
  /** Has the wrong first bytes. */
  | "bad-magic"
  /** Sealed although open ones are expected, or open although sealed ones are. */
  | "wrong-group"
  /** Sealed, but forged, damaged or of another group. */
  | "undecipherable"
  /** Not one flat JSON object. */
  | "bad-json"
  /** A member is missing, of the wrong type or out of range. */
  | "bad-field"
  /** An unknown frame type that ends the session. */
  | "bad-type"
  /** A body that its frame type or its head does not allow. */
  | "bad-length"
  /** Text that is not UTF-8. */
  | "bad-utf8"
  /** Not lower-case unpadded base32, or not the only spelling of its value. */
  | "bad-base32"
  /** A document that is not JSON. */
  | "not-json";

/** Input that breaks the protocol. The code is stable: every implementation's test vectors use it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";

  /** @param message the fault, for a log; does not quote the content */
  constructor(readonly code: ProtocolErrorCode, message: string) {
    super(message);
  }
}
