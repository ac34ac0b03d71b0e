import { monotonicUlid } from "../platform/std_ulid.ts";
import type { Delivery, DeliveryEvent } from "../delivery/delivery.ts";
import { CANNOT } from "../delivery/outbound.ts";
import type { Clock } from "../platform/clock.ts";
import { INLINE_DOCUMENT_MAX } from "../protocol/limits.ts";
import type { Storage } from "../storage/storage.ts";
import type { Reply } from "../storage/types.ts";
import { checkAskOptions } from "./argument_checks.ts";
import type { PeerDirectory } from "./directory.ts";
import { jsonBytes, QUESTION_NAME, usage } from "./message_checks.ts";
import { ID_IN_USE, type Messenger } from "./messenger.ts";
import type { AskOptions, AskResult, DeliveryResult } from "./types.ts";

/** How long to wait for an answer, milliseconds. */
export const ANSWER_TIMEOUT_MS = 30_000;
/** How long a question may stay unacknowledged, unless its answer has less time, milliseconds. */
const DELIVERY_TIMEOUT_MS = 5_000;

/** Options of {@linkcode Asker}. */
export interface AskerContext {
  readonly delivery: Delivery;
  readonly directory: PeerDirectory;
  readonly messenger: Messenger;
  readonly storage: Storage;
  readonly clock: Clock;
}

/** Asks questions and waits for their answers (PROTOCOL.md 3.16). */
export class Asker {
  /** Called when an answer is durable, by sender and question. */
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #context;
  #closed = false;

  constructor(context: AskerContext) {
    this.#context = context;
  }

  /** Asks each recipient; see `Peer.ask`. */
  async ask(question: unknown, options: AskOptions): Promise<AskResult[]> {
    checkAskOptions(options);
    const body = jsonBytes("The question", question);
    if (body.length > INLINE_DOCUMENT_MAX) {
      throw usage(`A question has at most ${INLINE_DOCUMENT_MAX} bytes; this one has ${body.length}.`);
    }
    const { id = monotonicUlid(), timeout = ANSWER_TIMEOUT_MS, answered } = options;
    return await Promise.all([...new Set(options.to)].map(async (to) => {
      const result = await this.#askOne(to, id, body, timeout);
      answered?.(result);
      return result;
    }));
  }

  /** Follows delivery: an answer is durable. */
  followed(event: DeliveryEvent): void {
    if (event.type !== "replied") return;
    for (const came of this.#waiting.get(`${event.from.id} ${event.re}`) ?? []) came();
  }

  /** Stops waiting; late answers come into the inbox. */
  close(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) for (const end of waiting) end();
  }

  async #askOne(recipient: string, id: string, body: Uint8Array, timeout: number): Promise<AskResult> {
    const { clock, delivery, directory, messenger } = this.#context;
    const to = directory.ref(recipient);
    const over = Promise.withResolvers<void>();
    const timer = clock.after(timeout, over.resolve);
    const key = `${recipient} ${id}`;
    this.#waiting.set(key, (this.#waiting.get(key) ?? new Set()).add(over.resolve));
    if (this.#closed) over.resolve();
    let release: (() => void) | undefined;
    try {
      const question = { kind: "document", name: QUESTION_NAME, size: body.length, body } as const;
      if (delivery.mayHaveEnded(id) && await delivery.hasEndedAnother(recipient, id, question, true)) {
        return { id, to, status: "refused", ...ID_IN_USE };
      }
      // A question that was asked before may have its answer.
      const early = await this.#answer(recipient, id);
      if (early) return { ...early, id, to };
      release = delivery.awaitAnswer(recipient);
      const options = { id, to: [recipient], timeout: Math.min(timeout, DELIVERY_TIMEOUT_MS) };
      const sent = messenger.question(body, options);
      // A final refusal ends the wait; whatever has arrived, or may have, may be answered.
      const ended = sent.then((result) => mayBeAnswered(result) ? over.promise : undefined);
      await Promise.race([ended, over.promise]);
      const answer = await this.#answer(recipient, id);
      if (answer) {
        sent.catch(() => {});
        return { ...answer, id, to };
      }
      return unanswered(await sent);
    } finally {
      release?.();
      timer.cancel();
      const waiting = this.#waiting.get(key);
      waiting?.delete(over.resolve);
      if (waiting?.size === 0) this.#waiting.delete(key);
    }
  }

  async #answer(sender: string, question: string): Promise<Omit<AskResult, "id" | "to"> | undefined> {
    if (this.#closed) return undefined;
    const reply = await this.#context.storage.reply(sender, question);
    return reply && await resultOf(reply);
  }
}

function mayBeAnswered({ status }: DeliveryResult): boolean {
  return status === "delivered" || status === "unknown" || status === "queued";
}

/** Returns the result of a question without an answer. */
function unanswered(result: DeliveryResult): AskResult {
  if (result.status === "refused" && result.code === CANNOT.code) return { ...result, status: "cannot" };
  return result;
}

/** Reads an answer: its text as it came, from the database, or from its file if only that has it. */
async function resultOf(reply: Reply): Promise<Omit<AskResult, "id" | "to">> {
  const { id: answer, code, path, size } = reply;
  const bytes = reply.body ?? await Deno.readFile(path).catch(() => undefined);
  const text = bytes && new TextDecoder().decode(bytes);
  if (code !== undefined) {
    const status = code === "no-answer" ? "no-answer" : "failed";
    return { status, answer, path, size, code, why: whyOf(text) };
  }
  return { status: "answered", answer, path, size, ...(text !== undefined && { text, json: parsed(text) }) };
}

/** Returns the reason in the body of a failed answer, which is a JSON string. */
function whyOf(text: string | undefined): string {
  const why = text === undefined ? "" : parsed(text);
  return typeof why === "string" ? why : text!;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its file was changed.
    return undefined;
  }
}
