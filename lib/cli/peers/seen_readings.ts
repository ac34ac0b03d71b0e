import { ROSTER_MAX } from "../../protocol/limits.ts";
import { History, type HistoryMessage } from "../../storage/history/history.ts";
import { readingText } from "../terminal/reading_text.ts";
import { sizeText } from "../terminal/text.ts";
import type { SeenReading } from "./peer_table.ts";

/** Messages read at a time, and most that are read in one look: what is older is of no interest. */
const CHUNK = 500;
const LOOK_MAX = 5_000;

/** The latest reading of each peer, from the history. */
export class SeenReadings {
  readonly #state: string;
  readonly #inbox: string;
  readonly #most: number;
  /** By the ids of their senders; the last one that came is the last here. */
  readonly #latest = new Map<string, SeenReading>();
  #row: number | undefined;

  /** @param most number of peers whose latest reading is remembered */
  constructor(state: string, inbox: string, most = ROSTER_MAX) {
    this.#most = most;
    this.#state = state;
    this.#inbox = inbox;
  }

  /** Returns the latest readings by the ids of their senders. A history that cannot be read now has no new ones. */
  look(): ReadonlyMap<string, SeenReading> {
    try {
      using history = History.open(this.#state, this.#inbox);
      if (history !== undefined) this.#read(history);
    } catch { /* a peer that starts may be about to make or to upgrade it */ }
    return this.#latest;
  }

  #read(history: History): void {
    const last = history.lastRow;
    // A restored database begins anew.
    const from = this.#row === undefined || this.#row > last ? 0 : this.#row;
    const latest = new Map<string, HistoryMessage>();
    for (let row = Math.max(from, last - LOOK_MAX); row < last;) {
      const messages = history.arrivals(row, CHUNK);
      for (const message of messages) {
        if (message.stream === undefined) continue;
        latest.delete(message.peer.id);
        latest.set(message.peer.id, message);
      }
      if (messages.length === 0) break;
      row = messages.at(-1)!.row;
    }
    this.#row = last;
    for (const [id, message] of latest) {
      const body = history.body(message);
      const text = body === undefined ? sizeText(message.size) : readingText(new TextDecoder().decode(body));
      this.#latest.delete(id);
      this.#latest.set(id, { stream: message.stream!, text });
      if (this.#latest.size > this.#most) this.#latest.delete(this.#latest.keys().next().value!);
    }
  }
}
