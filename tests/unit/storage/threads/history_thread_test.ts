import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { HistoryThread } from "../../../../lib/storage/threads/history_thread.ts";
import { aChat, aDocument, Bench } from "../support.ts";

Deno.test("the history is empty until there is a database, and then follows what comes, without a new thread", async () => {
  await using bench = new Bench();
  using history = new HistoryThread(bench);
  assertEquals(await history.ask("lastRows", {}), { row: 0, sent: 0 });
  const storage = await bench.open();
  assertEquals(await history.ask("lastRows", {}), { row: 0, sent: 0 });
  await storage.receive(aChat(1));
  await storage.receive(aDocument(2));
  assertEquals(await history.ask("lastRows", {}), { row: 2, sent: 0 });
});

Deno.test("a database that was put in the place of another is read from then on", async () => {
  await using bench = new Bench();
  await using other = new Bench();
  const storage = await bench.open();
  await storage.receive(aChat(1));
  await bench.closeAll();
  const otherStorage = await other.open();
  for (let seq = 1; seq <= 3; seq++) await otherStorage.receive(aChat(seq));
  await other.closeAll();
  using history = new HistoryThread(bench);
  assertEquals((await history.ask("lastRows", {})).row, 1);
  await Deno.rename(`${other.state}/earshot.db`, `${bench.state}/earshot.db`);
  assertEquals((await history.ask("lastRows", {})).row, 3);
  await Deno.remove(`${bench.state}/earshot.db`);
  assertEquals((await history.ask("lastRows", {})).row, 0);
});

Deno.test("a database of another program is an error with a sentence, and the next query tries again", async () => {
  await using bench = new Bench();
  await Deno.mkdir(bench.state, { recursive: true });
  await Deno.writeTextFile(`${bench.state}/earshot.db`, "not a database at all".repeat(100));
  using history = new HistoryThread(bench);
  await assertRejects(() => history.ask("lastRows", {}), UserError, "is damaged");
  await Deno.remove(`${bench.state}/earshot.db`);
  assertEquals(await history.ask("lastRows", {}), { row: 0, sent: 0 });
});

Deno.test("a query that nobody wants any more ends at once, running or waiting; the others are answered", async () => {
  await using bench = new Bench();
  await bench.open();
  using history = new HistoryThread(bench);
  const gone = new AbortController();
  const some = Array.from(
    { length: 10 },
    (_, i) => history.ask("lastRows", {}, i % 2 ? gone.signal : undefined),
  );
  gone.abort(new Error("the tab is closed"));
  const ends = await Promise.allSettled(some);
  assertEquals(
    ends.map(({ status }) => status),
    Array.from(some, (_, i) => i % 2 ? "rejected" : "fulfilled"),
  );
  await assertRejects(() => history.ask("lastRows", {}, gone.signal), Error, "the tab is closed");
});

Deno.test("only so many queries wait; one too many is told so", async () => {
  await using bench = new Bench();
  using history = new HistoryThread(bench);
  const ends = await Promise.allSettled(Array.from({ length: 120 }, () => history.ask("lastRows", {})));
  const refused = ends.filter((end) => end.status === "rejected");
  assertEquals(refused.length, 20);
  assertEquals(
    `${refused[0]!.reason.message}`,
    "Too much is read from the history at once: try again in a moment.",
  );
});

Deno.test("closing fails what is pending, and every query from then on", async () => {
  await using bench = new Bench();
  const history = new HistoryThread(bench);
  const pending = history.ask("lastRows", {});
  history[Symbol.dispose]();
  await assertRejects(() => pending, UserError, "closed");
  await assertRejects(() => history.ask("lastRows", {}), UserError, "closed");
});

Deno.test("a query after the inbox has moved names paths in the new one", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  using history = new HistoryThread(bench);
  const path = async () => (await history.ask("messages", {})).messages[0]!.path;
  assertEquals(await path(), join(bench.inbox, "alice", "reading.json"));
  const before = path();
  history.moveTo(join(bench.state, "moved"));
  assertEquals([await before, await path()], [
    join(bench.inbox, "alice", "reading.json"),
    join(bench.state, "moved", "alice", "reading.json"),
  ]);
});
