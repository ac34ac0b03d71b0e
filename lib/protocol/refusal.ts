/** Code of a receiver's refusal (PROTOCOL.md 2.13). */
export type NakCode = "not-json" | "too-large" | "refused" | "corrupt" | "quota" | "busy";

/** Refusal of a message by its recipient. */
export interface Refusal {
  /** A {@linkcode NakCode}, or one of a later version. */
  readonly code: string;
  /** A sentence for people. */
  readonly why: string;
}

/**
 * Tells whether a refusal with this code is final. After `quota` and `busy` the sender tries again later; an unknown
 * code is final.
 */
export function isFinalNak(code: string): boolean {
  return code !== "quota" && code !== "busy";
}
