import type { TrustBook } from "../identity/trust_book.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { NakCode } from "../protocol/refusal.ts";
import { validateJson } from "../protocol/json_validator.ts";
import { INLINE_DOCUMENT_MAX } from "../protocol/limits.ts";
import type { ReceiveOutcome } from "../storage/types.ts";
import type { AwaitedAnswers } from "./awaited_answers.ts";
import type { Arrival } from "./inbound.ts";

/** Decides which messages are accepted from which sender. */
export class Policy {
  /**
   * @param maxSize of a document, bytes
   * @param awaited peers whose answers are awaited: these come in even if nobody knows the peer
   * @param brief true: we are short-lived, and take answers only
   */
  constructor(
    private readonly trust: TrustBook,
    private readonly accept: "everyone" | "known",
    private readonly maxSize: number,
    private readonly awaited?: AwaitedAnswers,
    private readonly brief = false,
  ) {}

  /** Returns the refusal of a message; undefined if it is accepted. */
  refusal(sender: string, message: Arrival): ReceiveOutcome | undefined {
    if (this.trust.isBlocked(sender)) return refuse("refused", "this peer blocks you");
    const isAnswer = message.type === "document" && message.re !== undefined;
    if (this.brief && !isAnswer) return refuse("busy", "a short-lived command takes answers only");
    const isAwaited = isAnswer && this.awaited?.has(sender);
    if (this.accept === "known" && !this.trust.isKnown(sender) && !isAwaited) {
      return refuse("refused", "this peer takes messages from known peers only: ask its owner to trust you");
    }
    if (message.type === "chat") return undefined;
    if (message.size > this.maxSize) {
      return refuse("too-large", `at most ${this.maxSize} bytes are taken here`);
    }
    if (message.stream !== undefined && message.size > INLINE_DOCUMENT_MAX) {
      return refuse("too-large", `a document of a stream has at most ${INLINE_DOCUMENT_MAX} bytes`);
    }
    if ((message.ask || message.re !== undefined) && message.size > INLINE_DOCUMENT_MAX) {
      return refuse("too-large", `questions and answers have at most ${INLINE_DOCUMENT_MAX} bytes`);
    }
    // A document in parts is checked as it arrives.
    if (message.size !== message.body.length) return undefined;
    try {
      validateJson(message.body);
    } catch (error) {
      if (error instanceof ProtocolError) return refuse("not-json", error.message);
      throw error;
    }
    return undefined;
  }
}

function refuse(code: NakCode, why: string): ReceiveOutcome {
  return { saved: false, code, why };
}
