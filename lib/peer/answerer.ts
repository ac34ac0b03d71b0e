import { monotonicUlid } from "../platform/std_ulid.ts";
import type { Delivery, DeliveryEvent } from "../delivery/delivery.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { UserError } from "../platform/user_error.ts";
import { INLINE_DOCUMENT_MAX } from "../protocol/limits.ts";
import { validateJson } from "../protocol/json_validator.ts";
import { cutUtf8 } from "../protocol/utf8.ts";
import type { Storage } from "../storage/storage.ts";
import type { OpenQuestion, OutboundMessage } from "../storage/types.ts";
import type { PeerDirectory } from "./directory.ts";
import type { EventHub } from "./event_hub.ts";
import { ANSWER_NAME, jsonBytes } from "./message_checks.ts";
import type { Answer, Question, QuestionHandler } from "./types.ts";

/** Most questions that are answered at one time. */
const PARALLEL = 16;
/** How long a handler may take, milliseconds. */
const HANDLER_LIMIT_MS = 600_000;
/** After the start, questions wait so long for a handler, milliseconds. */
const GRACE_MS = 1_000;
/** Pause after an answer that could not be stored, milliseconds. */
const AGAIN_MS = 10_000;
/** How often to look for questions that a program has passed over, milliseconds. */
const LOOK_EVERY_MS = 30_000;
/** Most answers that are kept in memory until they can be stored: their handler is not called again. */
const COMPUTED_MAX = 64;
/** Longest reason in a failed answer, bytes. */
const REASON_MAX = 1_000;

/** Options of {@linkcode Answerer}. */
export interface AnswererContext {
  readonly delivery: Delivery;
  readonly directory: PeerDirectory;
  readonly storage: Storage;
  readonly hub: EventHub;
  readonly clock: Clock;
  /** Time that an answer waits for its asker, milliseconds. */
  readonly outboxMs: number;
  /** Tells whether a peer is blocked: it gets no answer. */
  readonly isBlocked: (id: string) => boolean;
  /** Returns the answer to `{"cmd":"info"}`. */
  readonly info: () => unknown;
}

/** The body of an answer, with its code if it is no real one. */
interface AnswerBody {
  readonly body: Uint8Array;
  readonly code?: string;
}

/**
 * Answers questions, each once (PROTOCOL.md 3.16): the handler does, or programs that take them at a durable place, or
 * nobody. It reads them from the store, so questions from before a crash are answered like new ones.
 */
export class Answerer {
  readonly #context;
  readonly #running = new Set<string>();
  /** Answers that could not be stored yet. */
  readonly #computed = new Map<string, AnswerBody>();
  /** The last problem that was reported; empty once an answer was stored since. */
  #trouble = "";
  #handler: QuestionHandler | undefined;
  /** Questions up to this row were looked at. */
  #after = 0;
  #looking = false;
  #lookAgain = false;
  #graceUntil = Infinity;
  readonly #timers = new Map<string, Timer>();
  /** Ends the wait for each handler that is running. */
  readonly #handled = new Set<() => void>();
  #closed = false;

  constructor(context: AnswererContext) {
    this.#context = context;
  }

  /** Starts to answer. */
  start(): void {
    this.#graceUntil = this.#context.clock.now() + GRACE_MS;
    this.#lookAfter("grace", GRACE_MS);
    this.#look();
  }

  /** Stops; a handler that is running is not waited for, and its question is asked again after the next start. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    for (const giveUp of this.#handled) giveUp();
  }

  /** Has a handler answer questions until the returned function is called. @throws {UserError} if there is one */
  handle(handler: QuestionHandler): () => void {
    if (this.#handler) throw new UserError("Questions have a handler already.");
    this.#handler = handler;
    this.#startOver();
    return () => {
      if (this.#handler === handler) this.#handler = undefined;
    };
  }

  /** A durable place was moved or given up: what it passed over is answered now. */
  placesChanged(): void {
    if (!this.#handler) this.#look();
  }

  /** Follows delivery: a question came, or came again. */
  followed(event: DeliveryEvent): void {
    if (event.type !== "asked" || this.#closed) return;
    if (event.again) void this.#sendAgain(event.from.id, event.id);
    else this.#look();
  }

  /**
   * Gives a question its answer, unless it has one.
   *
   * @returns false if it has one
   * @throws {UserError} no such question; not JSON or over 65 000 bytes; no room in the outbox
   */
  async answer({ id, from }: { id: string; from: string }, answer: Answer): Promise<boolean> {
    const given = "code" in answer && answer.code !== undefined
      ? refusal(answer.code, answer.why)
      : { body: jsonBytes("The answer", answer.json) };
    checkSize(given.body);
    const outcome = await this.#give(from, id, given);
    if (outcome === "unknown") throw new UserError(`There is no question ${id} of this peer.`);
    return outcome === "taken";
  }

  async #give(
    asker: string,
    question: string,
    { body, code }: AnswerBody,
  ): Promise<"taken" | "answered" | "unknown"> {
    const { delivery, directory, storage } = this.#context;
    // Loaded before the store has it, or it would be there twice.
    await delivery.outbound(asker);
    const content = {
      id: monotonicUlid(),
      kind: "document",
      re: question,
      code,
      size: body.length,
      body,
    } as const;
    const message: OutboundMessage = { ...this.#rest(), ...content };
    const outcome = await storage.answer(asker, message, directory.ref(asker).name);
    if (outcome.status === "full") throw new UserError(outcome.why);
    if (outcome.status === "taken") (await delivery.outbound(asker)).addStored(message);
    return outcome.status;
  }

  /** Sends the answer of a question that came again, under the answer's id. */
  async #sendAgain(asker: string, question: string): Promise<void> {
    const { delivery, directory, hub, storage } = this.#context;
    try {
      await delivery.outbound(asker);
      const outcome = await storage.answerAgain(asker, question, this.#rest(), directory.ref(asker).name);
      if (outcome.status === "taken") (await delivery.outbound(asker)).addStored(outcome.message);
    } catch (error) {
      if (!this.#closed) hub.storageFailed(error);
    }
  }

  #rest(): Pick<OutboundMessage, "name" | "at" | "expires"> {
    const { clock, outboxMs, storage } = this.#context;
    return {
      name: ANSWER_NAME,
      at: Math.round(clock.wall()),
      expires: Math.round(storage.lived() + outboxMs),
    };
  }

  #startOver(): void {
    this.#after = 0;
    this.#look();
  }

  #look(): void {
    this.#lookAgain = true;
    if (!this.#looking) void this.#lookAll();
  }

  async #lookAll(): Promise<void> {
    this.#looking = true;
    try {
      while (this.#lookAgain && !this.#closed) {
        this.#lookAgain = false;
        if (this.#graceUntil === Infinity || this.#running.size >= PARALLEL) break;
        if (!this.#handler && this.#context.clock.now() < this.#graceUntil) break;
        await this.#lookOnce();
      }
    } catch (error) {
      if (!this.#closed) this.#context.hub.storageFailed(error);
      this.#lookAfter("again", AGAIN_MS);
    } finally {
      this.#looking = false;
    }
  }

  async #lookOnce(): Promise<void> {
    const { storage } = this.#context;
    const after = this.#after;
    // Programs that take questions at a durable place come first: what they passed over is nobody's.
    const read = this.#handler ? undefined : await storage.askReadUpto();
    if (read !== undefined) this.#lookAfter("passed", LOOK_EVERY_MS);
    const upto = read ?? Number.MAX_SAFE_INTEGER;
    const questions = await storage.openQuestions(after, upto, PARALLEL - this.#running.size);
    if (questions.length === 0) return;
    // A handler came meanwhile: it starts over.
    if (this.#after !== after) return void (this.#lookAgain = true);
    this.#lookAgain = true;
    for (const question of questions) {
      this.#after = question.row;
      const key = `${question.sender} ${question.id}`;
      if (this.#running.has(key) || this.#context.isBlocked(question.sender)) continue;
      this.#running.add(key);
      void this.#process(question, key).finally(() => {
        this.#running.delete(key);
        this.#look();
      });
    }
  }

  async #process(question: OpenQuestion, key: string): Promise<void> {
    try {
      const answer = this.#computed.get(key) ?? await this.#answerTo(question);
      if (this.#closed) return;
      if (this.#computed.size < COMPUTED_MAX) this.#computed.set(key, answer);
      await this.#give(question.sender, question.id, answer);
      this.#computed.delete(key);
      this.#trouble = "";
    } catch (error) {
      if (this.#closed) return;
      // It stays unanswered on disk.
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#trouble) this.#context.hub.warn("answer", `A question is not answered yet: ${why}`);
      this.#trouble = why;
      this.#timers.get("again")?.cancel();
      this.#timers.set("again", this.#context.clock.after(AGAIN_MS, () => this.#startOver()));
    }
  }

  async #answerTo(question: OpenQuestion): Promise<AnswerBody> {
    const { id, sender, senderName, name, path, size } = question;
    const body = question.body ?? await Deno.readFile(path).catch(() => undefined);
    if (!body) return refusal("failed", "the question is gone");
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(body));
    } catch {
      return refusal("failed", "the question was changed on its disk");
    }
    const handler = this.#handler;
    if (!handler) {
      if (isInfo(json)) return { body: jsonBytes("The answer", this.#context.info()) };
      return refusal("no-answer", "nobody here answers questions");
    }
    const asked: Question = { id, from: { id: sender, name: senderName }, name, path, size, json };
    try {
      const answer = await this.#inTime(Promise.try(handler, asked));
      const bytes = answer instanceof Uint8Array ? answer : jsonBytes("The answer", answer ?? null);
      validateJson(bytes);
      checkSize(bytes);
      return { body: bytes };
    } catch (error) {
      return refusal("failed", error instanceof Error ? error.message : String(error));
    }
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const error = new Error(`no answer within ${HANDLER_LIMIT_MS / 60_000} minutes`);
    const giveUp = () => late.reject(error);
    const timer = this.#context.clock.after(HANDLER_LIMIT_MS, giveUp);
    this.#handled.add(giveUp);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      timer.cancel();
      this.#handled.delete(giveUp);
    }
  }

  #lookAfter(name: string, ms: number): void {
    if (this.#closed) return;
    this.#timers.get(name)?.cancel();
    this.#timers.set(name, this.#context.clock.after(ms, () => this.#look()));
  }
}

/** Returns the answer that there is none, with the reason as a JSON string. */
function refusal(code: string, why: string): AnswerBody {
  return { code, body: new TextEncoder().encode(JSON.stringify(cutUtf8(why, REASON_MAX))) };
}

/** @throws {UserError} an answer that is too large */
function checkSize({ length }: Uint8Array): void {
  if (length <= INLINE_DOCUMENT_MAX) return;
  throw new UserError(`an answer has at most ${INLINE_DOCUMENT_MAX} bytes, this one has ${length}`);
}

function isInfo(json: unknown): boolean {
  return typeof json === "object" && json !== null && (json as { cmd?: unknown }).cmd === "info";
}
