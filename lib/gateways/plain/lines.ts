import type { Clock, Timer } from "../../platform/clock.ts";
import { hasControl, isAnswer, isJson, looksLikeJson, no, textOf } from "./texts.ts";

/** Longest line, bytes. */
export const LINE_MAX = 1_048_576;
/** Most bytes of a line that is too long which are skipped before the connection is closed. */
const SKIPPED_MAX = 4 * LINE_MAX;
/** Longest text without a newline that counts as a line after silence, bytes. */
const UNENDED_MAX = 1_200;
const SILENCE_MS = 1_000;
const INCOMPLETE_MS = 30_000;
/** Most lines without an answer; the next are not read until then. */
const UNANSWERED_MAX = 64;

const NEWLINE = 0x0a;

/** Request line of HTTP: method, target, version. */
const REQUEST = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/\d(?:\.\d)?\r?$/;

/** User of {@linkcode Lines}. */
export interface LinesOwner {
  /** Takes a line; resolves with its answer once that is due, undefined if it gets none. Must not reject. */
  taken(text: string, isJson: boolean): Promise<string | undefined>;
  /** Sends an answer. */
  answer(text: string): void;
  /** Ends the connection once the answers are out. */
  end(): void;
}

/** The lines of one connection, cut from what arrives. Answers are sent in the order of the lines. */
export class Lines {
  #buffer = new Uint8Array(1024);
  #length = 0;
  /** Bytes of the buffer in which there is no newline. */
  #scanned = 0;
  /** True until the first line, or text without an end, is complete. */
  #isFirst = true;
  /** True once a line ended with a newline: then the sender writes them. */
  #hasNewlines = false;
  /** True while the rest of a line that is too long is skipped. */
  #isSkipping = false;
  #skipped = 0;
  #isOver = false;
  #silence: Timer | undefined;
  #incomplete: Timer | undefined;
  #unanswered = 0;
  #answers: Promise<void> = Promise.resolve();

  constructor(private readonly owner: LinesOwner, private readonly clock: Clock) {}

  /** True while a first line has begun that may be a request of HTTP. */
  get isUndecided(): boolean {
    return this.#isFirst && this.#length > 0;
  }

  /** Resolves when more may be read; undefined if that is now. */
  get ready(): Promise<void> | undefined {
    return this.#unanswered < UNANSWERED_MAX ? undefined : this.#answers;
  }

  /** Takes what arrived. Returns true if the connection speaks HTTP; {@linkcode unread} are its bytes then. */
  push(data: Uint8Array): boolean {
    if (this.#isOver) return false;
    this.#silence?.cancel();
    const known = this.#length;
    this.#append(data);
    let start = 0;
    for (;;) {
      const end = this.#buffer.subarray(0, this.#length).indexOf(NEWLINE, Math.max(start, this.#scanned));
      if (end < 0) break;
      const line = this.#buffer.subarray(start, end);
      if (this.#isFirst && REQUEST.test(latin1(line))) {
        this.close();
        return true;
      }
      this.#hasNewlines = true;
      this.#line(line);
      start = end + 1;
      if (this.#isOver) return false;
      this.#stopWaiting();
    }
    if (start > 0) this.#buffer.copyWithin(0, start, this.#length);
    this.#length -= start;
    this.#scanned = this.#length;
    // Nothing is looked at twice: a line may come byte by byte.
    this.#wait(this.#buffer.subarray(Math.max(0, known - start), this.#length));
    return false;
  }

  /** Bytes that were read and are not part of a line yet. */
  get unread(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** The sender has sent everything: what is left is a line. */
  ended(): void {
    if (this.#isOver) return;
    if (this.#length > 0) this.#line(this.unread);
    this.#finish();
  }

  /** Stops the timers; nothing more is taken. */
  close(): void {
    this.#isOver = true;
    this.#stopWaiting();
  }

  #append(data: Uint8Array): void {
    if (this.#length + data.length > this.#buffer.length) {
      const larger = new Uint8Array(2 * (this.#length + data.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(data, this.#length);
    this.#length += data.length;
  }

  /** Judges what has no newline yet, of which `fresh` has just come, and waits for the rest. */
  #wait(fresh: Uint8Array): void {
    if (this.#length === 0) return;
    if (this.#isFirst && hasControl(fresh)) return this.#finish();
    if (this.#isSkipping || this.#length > LINE_MAX) {
      if (!this.#isSkipping) this.#say(tooLong());
      this.#isSkipping = true;
      this.#skipped += this.#length;
      this.#length = this.#scanned = 0;
      if (this.#skipped > SKIPPED_MAX) return this.#finish();
    }
    this.#incomplete ??= this.clock.after(INCOMPLETE_MS, () => this.#giveUp());
    if (!this.#hasNewlines && !this.#isSkipping && this.#length <= UNENDED_MAX) {
      this.#silence = this.clock.after(SILENCE_MS, () => this.#silent());
    }
  }

  #stopWaiting(): void {
    this.#silence?.cancel();
    this.#incomplete?.cancel();
    this.#incomplete = undefined;
  }

  /** A text without an end was followed by silence: it is a line unless more must follow. */
  #silent(): void {
    const text = textOf(this.unread);
    if (text !== undefined && (looksLikeJson(text) ? !isJson(text) : / \S+ HTTP\/[\d.]*$/.test(text))) return;
    const line = this.unread;
    this.#length = this.#scanned = 0;
    this.#stopWaiting();
    this.#line(line);
  }

  #giveUp(): void {
    if (!this.#isSkipping) this.#say(no("incomplete", "a line ends with a newline"));
    this.#finish();
  }

  #line(line: Uint8Array): void {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (this.#isSkipping) {
      this.#isSkipping = false;
      this.#skipped = 0;
      return;
    }
    if (line.length > LINE_MAX) return this.#say(tooLong());
    const text = textOf(line)?.trim();
    if (text === undefined) {
      // It is no text: its sender speaks something else.
      if (isFirst) return this.#finish();
      return this.#say(no("refused", "a line is text in UTF-8"));
    }
    if (text === "" || isAnswer(text)) return;
    this.#answer(this.owner.taken(text, looksLikeJson(text)));
  }

  #say(answer: string): void {
    this.#answer(Promise.resolve(answer));
  }

  #answer(coming: Promise<string | undefined>): void {
    this.#unanswered++;
    this.#answers = this.#answers.then(async () => {
      const text = await coming;
      this.#unanswered--;
      if (text !== undefined) this.owner.answer(text);
    });
  }

  #finish(): void {
    this.close();
    void this.#answers.then(() => this.owner.end());
  }
}

function tooLong(): string {
  return no("too-large", `a line has at most ${LINE_MAX} bytes`);
}

function latin1(line: Uint8Array): string {
  let text = "";
  for (let at = 0; at < line.length; at += 4096) text += String.fromCharCode(...line.subarray(at, at + 4096));
  return text;
}
