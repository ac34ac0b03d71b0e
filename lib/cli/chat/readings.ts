import type { PeerEvent } from "../../peer/types.ts";
import { agoText } from "../../platform/periods.ts";
import { type NameText, oneLine, senderText, sizeText } from "../terminal/text.ts";
import { readingText } from "../terminal/reading_text.ts";
import { SIGN, theme } from "../terminal/theme.ts";
import { lastLineOf } from "./arrived_text.ts";

/** Most streams that are folded at a time; the one that was silent longest makes room. */
const STREAMS_MAX = 64;

/** A stream that was silent so long is no longer shown as one that goes on, milliseconds. */
const SILENT = 15 * 60_000;

/** Steps in which the age of a reading is shown, milliseconds: each step draws. */
const AGE_STEP = 4_000;

/** A document that came in. */
export type DocumentEvent = Extract<PeerEvent, { readonly event: "document" }>;

interface Stream {
  latest: DocumentEvent;
  /** Number of documents since it is shown. */
  count: number;
  /** Text of the latest one; undefined if it has not been read yet. */
  text: string | undefined;
}

/** Folds the documents of each stream of each sender into one line. */
export class Readings {
  readonly #streams = new Map<string, Stream>();
  readonly #nameText: NameText;
  readonly #read: (path: string) => string | undefined;

  /** @param read see {@linkcode lastLineOf} */
  constructor(nameText: NameText, read: (path: string) => string | undefined = lastLineOf) {
    this.#nameText = nameText;
    this.#read = read;
  }

  /** Counts a document of a stream. Returns the lines that will not change any more, to make room. */
  note(event: DocumentEvent, now: number): string[] {
    const key = JSON.stringify([event.from.id ?? event.from.name, event.stream]);
    const stream = this.#streams.get(key);
    if (stream !== undefined) {
      Object.assign(stream, { latest: event, count: stream.count + 1, text: undefined });
      return [];
    }
    const oldest = this.#streams.size < STREAMS_MAX
      ? undefined
      : [...this.#streams.values()].reduce((one, other) => one.latest.at <= other.latest.at ? one : other);
    const lines = oldest === undefined ? [] : this.#end((one) => one === oldest, now);
    this.#streams.set(key, { latest: event, count: 1, text: undefined });
    return lines;
  }

  /** Returns the line of each stream, in the order in which they began. @param now milliseconds since 1970 */
  lines(now: number): string[] {
    return [...this.#streams.values()].map((stream) => this.#line(stream, now));
  }

  /** Removes the streams of a peer that has left; returns their last lines. */
  left(id: string, now: number): string[] {
    return this.#end(({ latest }) => latest.from.id === id, now);
  }

  /** Removes the streams that have been silent long; returns their last lines. */
  silent(now: number): string[] {
    return this.#end(({ latest }) => now - latest.at > SILENT, now);
  }

  /** Removes all streams; returns their last lines. */
  end(now: number): string[] {
    return this.#end(() => true, now);
  }

  #end(isOver: (stream: Stream) => boolean, now: number): string[] {
    return [...this.#streams].flatMap(([key, stream]) => {
      if (!isOver(stream)) return [];
      this.#streams.delete(key);
      return [this.#line(stream, now)];
    });
  }

  #line(stream: Stream, now: number): string {
    const { latest, count } = stream;
    if (stream.text === undefined) {
      const line = this.#read(latest.path);
      stream.text = line === undefined ? sizeText(latest.size) : readingText(line);
    }
    const name = senderText(latest.from, this.#nameText);
    const age = agoText(Math.floor(Math.max(0, now - latest.at) / AGE_STEP) * AGE_STEP);
    const times = count === 1 ? "" : ` (${SIGN.times}${count})`;
    return `${name} ${SIGN.between} ${oneLine(latest.stream!)}: ${stream.text}, ${theme.faint(age + times)}`;
  }
}
