import { assertEquals } from "@std/assert";
import { DocumentPages, DOCUMENTS_MAX, PAGE } from "../../../../lib/gateways/web/page/document_pages.js";
import type { HistoryMessage } from "../../../../lib/storage/history/history.ts";

const FILTERS = { direction: "both", peer: "", stream: "", search: "" };

function message(row: number, more: Partial<HistoryMessage> = {}): HistoryMessage {
  const peer = { id: "p", name: "p" };
  return {
    ...{
      direction: "received",
      row,
      id: `${row}`,
      kind: "document",
      peer,
      name: `${row}`,
      size: 1,
      at: row,
      kept: "file",
    },
    ...more,
  };
}

/** A history of rows 1 to `newest`, newest first; a page has up to {@linkcode PAGE}. */
class TestHistory {
  readonly asked: Record<string, unknown>[] = [];
  signals: AbortSignal[] = [];
  /** Pages in place of those of the history. */
  readonly instead: { messages: HistoryMessage[]; next?: string }[] = [];
  pages = new DocumentPages((params, signal) => {
    this.asked.push(params);
    this.signals.push(signal);
    return Promise.resolve(this.instead.shift() ?? this.page(Number(params.before ?? Infinity)));
  }, () => {});

  constructor(public newest: number) {}

  page(before: number) {
    const top = Math.min(this.newest, before - 1);
    const messages = Array.from({ length: Math.min(PAGE, top) }, (_, at) => message(top - at));
    return { messages, ...(top > PAGE && { next: `${top - PAGE + 1}` }) };
  }

  rows() {
    return this.pages.documents.map(({ row }) => row);
  }
}

function down(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, at) => from - at);
}

Deno.test("all documents are read page by page, each once, and then no more is asked for", async () => {
  const history = new TestHistory(2 * PAGE + 5);
  await history.pages.show(FILTERS);
  for (let more = 0; more < 5; more++) await history.pages.more();
  assertEquals(history.rows(), down(2 * PAGE + 5, 1));
  assertEquals([history.asked.length, history.pages.isWhole], [3, true]);
});

Deno.test("what comes in waits apart until it is wanted, and comes once", async () => {
  const history = new TestHistory(10);
  await history.pages.show(FILTERS);
  history.newest = 13;
  await history.pages.refresh();
  await history.pages.refresh();
  assertEquals(history.rows(), down(10, 1));
  assertEquals(history.pages.fresh.map(({ row }) => row), [13, 12, 11]);
  assertEquals(history.pages.takeFresh(), 3);
  assertEquals(history.rows(), down(13, 1));
  assertEquals([history.pages.fresh.length, history.pages.takeFresh()], [0, 0]);
  assertEquals(history.pages.isWhole, true);
});

Deno.test("after more arrivals than a page has, nothing between the new ones and the old ones is left out", async () => {
  const history = new TestHistory(10);
  await history.pages.show(FILTERS);
  history.newest = 10 + 3 * PAGE;
  await history.pages.refresh();
  assertEquals(history.pages.hasMoreFresh, true);
  history.pages.takeFresh();
  while (!history.pages.isWhole) await history.pages.more();
  assertEquals(history.rows(), down(10 + 3 * PAGE, 1));
});

Deno.test("the first document of an empty list is new, too", async () => {
  const history = new TestHistory(0);
  await history.pages.show(FILTERS);
  assertEquals([history.rows(), history.pages.isWhole], [[], true]);
  history.newest = 1;
  await history.pages.refresh();
  history.pages.takeFresh();
  assertEquals(history.rows(), [1]);
});

Deno.test("a list that could not be read at first goes on below what came in since", async () => {
  const history = new TestHistory(2 * PAGE);
  let fails = true;
  const pages = new DocumentPages((params) => {
    if (fails) return Promise.reject(new Error("Nobody there."));
    return Promise.resolve(history.page(Number(params.before ?? Infinity)));
  }, () => {});
  await pages.show(FILTERS);
  fails = false;
  await pages.refresh();
  pages.takeFresh();
  assertEquals([pages.documents.length, pages.isWhole], [PAGE, false]);
  await pages.more();
  assertEquals(pages.documents.map(({ row }) => row), down(2 * PAGE, 1));
});

Deno.test("what comes while the first page is read is found, too", async () => {
  const history = new TestHistory(1);
  const shown = history.pages.show(FILTERS);
  history.newest = 2;
  await history.pages.refresh();
  await shown;
  assertEquals(history.pages.fresh.map(({ row }) => row), [2]);
});

Deno.test("a list that stays open for days is bounded, and everything can be read from it", async () => {
  const history = new TestHistory(1);
  await history.pages.show(FILTERS);
  let longest = 0;
  while (history.newest < DOCUMENTS_MAX + 3 * PAGE) {
    history.newest += PAGE - 1;
    await history.pages.refresh();
    history.pages.takeFresh();
    longest = Math.max(longest, history.pages.documents.length);
  }
  assertEquals(longest <= DOCUMENTS_MAX, true, `${longest} documents`);
  while (!history.pages.isWhole) await history.pages.more();
  assertEquals(history.rows(), down(history.newest, 1));
});

Deno.test("other filters end the former request, whose answer is not shown", async () => {
  const history = new TestHistory(3);
  const slow = Promise.withResolvers<{ messages: HistoryMessage[] }>();
  let isFirst = true;
  const pages = new DocumentPages((params, signal) => {
    history.signals.push(signal);
    if (!isFirst) return Promise.resolve({ messages: [message(Number(params.search))] });
    isFirst = false;
    return slow.promise;
  }, () => {});
  const former = pages.show({ ...FILTERS, search: "1" });
  const latter = pages.show({ ...FILTERS, search: "2" });
  assertEquals(history.signals.map(({ aborted }) => aborted), [true, false]);
  await latter;
  slow.resolve({ messages: [message(1)] });
  await former;
  assertEquals(pages.documents.map(({ row }) => row), [2]);
});

Deno.test("a search goes on after a page without matches, and after a failure when it is asked to", async () => {
  const history = new TestHistory(0);
  history.instead.push({ messages: [], next: "7" }, { messages: [message(5)] });
  await history.pages.show({ ...FILTERS, search: "x" });
  assertEquals([history.rows(), history.pages.isWhole], [[], false]);
  await history.pages.more();
  assertEquals([history.rows(), history.pages.isWhole], [[5], true]);
  assertEquals(history.asked.map(({ before }) => before), [undefined, "7"]);

  let fails = true;
  const failing = new DocumentPages(
    () => fails ? Promise.reject(new Error("Too slow.")) : Promise.resolve({ messages: [message(1)] }),
    () => {},
  );
  await failing.show(FILTERS);
  assertEquals([failing.error, failing.isReading, failing.isWhole], ["Too slow.", false, false]);
  fails = false;
  await failing.more();
  assertEquals([failing.error, failing.documents.length], [undefined, 1]);
});

Deno.test("a document that was sent gets its outcome where it stands, also once it has left the outbox", async () => {
  const history = new TestHistory(0);
  const sent = message(1, { direction: "sent", id: "A", status: "queued" });
  history.instead.push({ messages: [sent, message(9)] });
  await history.pages.show(FILTERS);
  history.pages.settle("A", "other", { status: "delivered" });
  history.pages.settle("A", "p", { status: "refused", code: "quota", why: "full" });
  assertEquals(history.pages.documents[0], { ...sent, status: "refused", code: "quota", why: "full" });
  const ended = { ...sent, row: 77, status: "delivered" } as const;
  history.instead.push({ messages: [ended, message(9)] });
  await history.pages.refresh();
  assertEquals([history.pages.documents[0], history.pages.fresh.length], [ended, 0]);
});
