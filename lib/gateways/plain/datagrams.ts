import type { Address } from "../../net/types.ts";
import type { Door, Taken } from "../../peer/door.ts";
import type { Rates } from "./rates.ts";
import {
  answerTo,
  isAnswer,
  jsonLineOf,
  looksLikeJson,
  PLAIN_NAME,
  PLAIN_STREAM,
  textOf,
  withoutZeros,
} from "./texts.ts";

/** Most datagrams in a second from one address; more are dropped, and their sender, which gets no answer, repeats. */
export const DATAGRAMS_EACH = 50;

/** Most datagrams that are on their way to the disk; more are dropped. */
const UNSAVED_MAX = 512;

const encoder = new TextEncoder();

/** Takes datagrams: one is a document or a chat message, and is answered once that is durable. */
export class Datagrams {
  #unsaved = 0;

  constructor(private readonly door: Pick<Door, "chat" | "document">, private readonly rates: Rates) {}

  /** Takes a datagram. One that came by multicast, is an answer itself, or binary, is not answered. */
  async received(
    data: Uint8Array,
    from: Address,
    toMulticast: boolean,
    answer: (data: Uint8Array) => void,
  ): Promise<void> {
    if (this.#unsaved >= UNSAVED_MAX || !this.rates.take(from.host, DATAGRAMS_EACH)) return;
    const text = textOf(withoutZeros(data))?.trim();
    if (!text || isAnswer(text)) return;
    this.#unsaved++;
    try {
      const taken = await this.#take(text, from.host);
      if (!toMulticast) answer(encoder.encode(answerTo(taken)));
    } finally {
      this.#unsaved--;
    }
  }

  #take(text: string, from: string): Promise<Taken> {
    if (!looksLikeJson(text)) return this.door.chat(from, text);
    const body = encoder.encode(jsonLineOf(text));
    return this.door.document(from, { name: PLAIN_NAME, stream: PLAIN_STREAM, body });
  }
}
