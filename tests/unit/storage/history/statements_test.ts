import { assertEquals, assertGreater } from "@std/assert";
import { openForReading } from "../../../../lib/storage/database/open_database.ts";
import { History } from "../../../../lib/storage/history/history.ts";
import { Places } from "../../../../lib/storage/history/message_rows.ts";
import { answerQuery, type QueryName, type QueryParams } from "../../../../lib/storage/history/queries.ts";
import { Reading } from "../../../../lib/storage/history/reading.ts";
import { aChat, aDocument, ALICE, Bench, countPrepared } from "../support.ts";

const READINGS = { sender: ALICE, stream: "readings" };

/** Fills a history with readings and chats. */
async function fill(bench: Bench, from: number, count: number): Promise<void> {
  const storage = await bench.open();
  for (let n = from; n < from + count; n++) {
    await storage.receive(aDocument(2 * n, { stream: READINGS.stream }));
    await storage.receive(aChat(2 * n + 1));
  }
  await storage.close();
}

Deno.test("what the page asks of the history again and again prepares no statement anew", async () => {
  await using bench = new Bench();
  await fill(bench, 0, 10);
  using db = openForReading(bench.state)!;
  const places = new Places(bench.state, bench.inbox);
  const ask = <N extends QueryName>(name: N, params: QueryParams<N>) =>
    answerQuery(new Reading(db, places), name, params);
  let after: string | undefined;
  const all = () => {
    ask("lastRows", {});
    ask("streams", {});
    ask("outbox", {});
    ask("plot", { sources: [READINGS], fields: [], width: 300 });
    ask("plotPoints", { sources: [READINGS], fields: [] });
    ask("document", { of: "received", row: 2, most: 100 });
    for (const direction of ["received", "sent", undefined] as const) {
      ask("messages", { direction, limit: 5 });
      ask("messages", { direction, kind: "chat", search: "hello" });
      ask("messages", { direction, peer: ALICE });
    }
    after = ask("messages", { after }).latest;
  };
  assertGreater(
    countPrepared(() => {
      all();
      all();
    }),
    0,
  );
  await fill(bench, 10, 10);
  assertEquals(countPrepared(all), 0, "a round after further arrivals");
});

Deno.test("a command that follows the history prepares its statements once", async () => {
  await using bench = new Bench();
  await fill(bench, 0, 3);
  using history = History.open(bench.state, bench.inbox)!;
  const look = () => {
    history.known();
    history.waiting();
    for (const message of history.arrivals(0, 100)) {
      history.arrival(message.row);
      history.isPending(message.row);
      history.body(message);
    }
    Array.from(history.received());
    history.find(history.arrivals(0, 1)[0]!.id, false);
  };
  look();
  assertEquals(countPrepared(look), 0);
});
