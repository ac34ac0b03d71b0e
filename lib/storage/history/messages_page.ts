import type { HistoryMessage } from "./message_rows.ts";
import { type MessageFilter, MessageSource, type TABLES } from "./message_source.ts";
import { parsePlace, type Place, placeText } from "./page_cursor.ts";
import type { Reading } from "./reading.ts";
import { SEARCH_MAX, SearchText } from "./search_text.ts";

/** Most messages of a page. */
export const PAGE_MAX = 200;
/** Most text of a page, characters. */
const TEXT_MAX = 1024 * 1024;

/** Which page of messages is read. */
export interface MessagesQuery extends MessageFilter {
  /** Default both. Messages in the outbox count as sent. */
  readonly direction?: "received" | "sent";
  /** Text in name, stream, text or body, in any case; its first 200 characters count. */
  readonly search?: string;
  /** The page before: its `next`. */
  readonly before?: string;
  /**
   * Only what was received, or ended, since the page with this `latest`; or `ROW.SENT` of the messages received and sent
   * last. What waits in the outbox is not among it.
   */
  readonly after?: string;
  /** Most messages, 1 to {@linkcode PAGE_MAX}; default 50. */
  readonly limit?: number;
}

/** A message of a page. */
export interface PageMessage extends HistoryMessage {
  /**
   * Of a chat sent to everybody, which is one message of the page: the number of recipients for each outcome. The same
   * id can come again with those recipients whose outcome was known later.
   */
  readonly outcomes?: Readonly<Record<string, number>>;
}

/** A page of messages. */
export interface MessagesPage {
  /**
   * Newest first: when they were received; when they ended, if they were sent; when they were handed in, if they wait.
   */
  readonly messages: readonly PageMessage[];
  /**
   * The `before` of the next page; undefined if there is none. A search that takes long may return it with few
   * messages, or none, so that the caller can show what was found.
   */
  readonly next?: string;
  /** The `after` for what comes later. */
  readonly latest: string;
}

/** The page of an empty history. */
export const NO_MESSAGES: MessagesPage = { messages: [], latest: "0.0.0" };

/** Reads a page of the messages received and sent, newest first. */
export function messagesPage(reading: Reading, query: MessagesQuery): MessagesPage {
  const { direction, search, before, after, limit = 50 } = query;
  const from = before === undefined ? undefined : parsePlace(before);
  const floor = after === undefined ? undefined : parsePlace(after);
  const text = search === undefined || search === ""
    ? undefined
    : new SearchText(search.slice(0, SEARCH_MAX));
  const source = (key: keyof typeof TABLES) =>
    new MessageSource(reading, key, query, text, from?.[key], floor?.[key] ?? 0);
  const all: Record<keyof typeof TABLES, MessageSource> = {
    received: source("received"),
    sent: source("sent"),
    waiting: source("waiting"),
  };
  const latest = { received: all.received.newest, sent: all.sent.newest, waiting: 0 };
  const used = Object.values(all).filter(({ key }) =>
    (!query.answers || key === "received") &&
    (direction === undefined || (direction === "received") === (key === "received")) &&
    (key !== "waiting" || floor === undefined)
  );
  const page = new Page(Math.min(Math.max(1, limit), PAGE_MAX));
  const isWhole = fill(page, used, reading);
  const place: Place = {
    received: all.received.position,
    sent: all.sent.position,
    waiting: all.waiting.position,
  };
  return { messages: page.messages, latest: placeText(latest), ...isWhole ? {} : { next: placeText(place) } };
}

/**
 * Takes the newest message of all sources again and again; looks at more rows of a source only if it may have a newer
 * one than those found so far. Returns true if nothing is left.
 */
function fill(page: Page, sources: readonly MessageSource[], reading: Reading): boolean {
  for (let isFirst = true;;) {
    const best = newest(sources, ({ found: [first] }) => first?.time);
    const ahead = newest(sources, (source) => source.found.length > 0 ? undefined : source.frontier);
    if (!best && !ahead) return true;
    if (ahead && (!best || ahead.time > best.time)) {
      if (page.isFull || (reading.isDue && !isFirst)) return false;
      isFirst = false;
      reading.check();
      ahead.source.scan(page.limit);
    } else if (!page.add(best!.source.found[0]!.message)) return false;
    else best!.source.found.shift();
  }
}

function newest(
  sources: readonly MessageSource[],
  timeOf: (source: MessageSource) => number | undefined,
): { readonly source: MessageSource; readonly time: number } | undefined {
  let best;
  for (const source of sources) {
    const time = timeOf(source);
    if (time !== undefined && (!best || time > best.time)) best = { source, time };
  }
  return best;
}

/** The messages of a page, as they are added to it. */
class Page {
  readonly messages: (PageMessage & { outcomes?: Record<string, number> })[] = [];
  readonly #toAll = new Map<string, Record<string, number>>();
  #text = 0;

  constructor(readonly limit: number) {}

  get isFull(): boolean {
    return this.messages.length >= this.limit || this.#text >= TEXT_MAX;
  }

  /** Adds a message; false if there is no room for it. */
  add(message: HistoryMessage): boolean {
    const { direction, to, id, status, text = "" } = message;
    const isToAll = direction === "sent" && to === "all";
    const same = isToAll ? this.#toAll.get(id) : undefined;
    if (same) {
      same[status!] = (same[status!] ?? 0) + 1;
      return true;
    }
    if (this.isFull) return false;
    this.#text += text.length;
    if (!isToAll) this.messages.push(message);
    else {
      const outcomes = { [status!]: 1 };
      this.#toAll.set(id, outcomes);
      this.messages.push({ ...message, outcomes });
    }
    return true;
  }
}
