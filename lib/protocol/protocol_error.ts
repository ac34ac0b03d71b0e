/** Fault of bytes that a decoder refused, or of fields that an encoder refused to write. */
export type ProtocolErrorCode =
  /** Ends before it is complete. */
  | "too-short"
  /** Longer than its limit. */
  | "too-long"
  /** Does not begin as it has to. */
  | "bad-magic"
  /** Sealed for somebody else, or open if only sealed ones are read. */
  | "wrong-group"
  /** Sealed, and forged, damaged or of another group. */
  | "undecipherable"
  /** Not one flat JSON object. */
  | "bad-json"
  /** A member is missing, of the wrong type or out of range. */
  | "bad-field"
  /** A frame type that ends the session. */
  | "bad-type"
  /** A body that its frame type or its head does not allow. */
  | "bad-length"
  /** Text that is not UTF-8. */
  | "bad-utf8"
  /** Not lower-case unpadded base32 in its only spelling. */
  | "bad-base32"
  /** A document that is not JSON. */
  | "not-json";

/** Input that breaks the protocol. The code is stable: it stands in the test vectors of every implementation. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";

  /** @param message what is wrong, for a log; says nothing of the content */
  constructor(readonly code: ProtocolErrorCode, message: string) {
    super(message);
  }
}
