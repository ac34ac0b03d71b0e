import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { validateJson } from "../../protocol/json_validator.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import type { Outcome } from "./runner.ts";

/** Longest reason in a failed answer, characters. */
const REASON_MAX = 300;

/** An answer as it goes to the peer: the text of its JSON, or a code with the reason. */
export type AnswerText = { readonly text: string } | { readonly code: "failed"; readonly why: string };

/** Gathers what a program prints as the answer to a question; what is too long for one is dropped. */
export class PrintedAnswer {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Takes the next piece; undefined: a new try begins. */
  readonly take = (piece: Uint8Array | undefined): void => {
    if (piece === undefined) {
      this.#pieces = [];
      this.#length = 0;
    } else {
      // One byte more than fits tells that there is too much.
      const part = piece.slice(0, INLINE_DOCUMENT_MAX + 1 - this.#length);
      if (part.length > 0) this.#pieces.push(part);
      this.#length += part.length;
    }
  };

  /** Returns the answer: what was printed if that is JSON, `null` if nothing was, else that it failed. */
  after(outcome: Outcome): AnswerText {
    if (outcome.status === "skipped") return failed(outcome.why);
    if (this.#length > INLINE_DOCUMENT_MAX) {
      return failed(`the program printed more than the ${INLINE_DOCUMENT_MAX} bytes of an answer`);
    }
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    try {
      const text = decodeUtf8(bytes).trim();
      if (text === "") return { text: "null" };
      validateJson(new TextEncoder().encode(text));
      return { text };
    } catch {
      return failed("the program printed no JSON");
    }
  }
}

function failed(why: string): AnswerText {
  return { code: "failed", why: why.slice(0, REASON_MAX).toWellFormed() };
}
