/** Why a receiver did not take a message (PROTOCOL.md 2.13). */
export type NakCode = "not-json" | "too-large" | "refused" | "corrupt" | "quota" | "busy";

/** Why a recipient does not take a message. */
export interface Refusal {
  /** A {@linkcode NakCode}, or one that we do not know yet. */
  readonly code: string;
  /** A sentence for people. */
  readonly why: string;
}

/** Tells whether a message refused with this code is given up. `quota` and `busy` mean later; a code we do not know is final. */
export function isFinalNak(code: string): boolean {
  return code !== "quota" && code !== "busy";
}
