import { assertEquals } from "@std/assert";
import { aChat, aDocument, Bench } from "../support.ts";

const DAY = 86_400_000;

Deno.test("a new cursor begins at the end of the history, or at its beginning, and stays where it was moved", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  for (let n = 1; n <= 3; n++) await storage.receive(n === 2 ? aChat(n) : aDocument(n));
  assertEquals(await storage.openCursor("end", "document", false), {
    kind: "document",
    position: 3,
    done: [],
    unusedMs: 0,
    isNew: true,
  });
  assertEquals((await storage.openCursor("all", "chat", true)).position, 0);
  assertEquals(await storage.moveCursor("all", 1, [3]), true);
  bench.clock.advanceSync(2 * DAY);
  await storage.close();

  const again = await bench.open();
  const { unusedMs, ...cursor } = await again.openCursor("all", "chat", true);
  assertEquals(cursor, { kind: "chat", position: 1, done: [3], isNew: false });
  assertEquals(Math.floor(unusedMs / DAY), 2);
});

Deno.test("a cursor never moves back, one that is not there does not move, and its kind stays", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.openCursor("one", "document", true);
  assertEquals(await storage.moveCursor("one", 5, []), true);
  assertEquals(await storage.moveCursor("one", 4, []), false);
  assertEquals(await storage.moveCursor("one", 5, [7]), true);
  assertEquals(await storage.moveCursor("two", 5, []), false);
  const { kind, position, done } = await storage.openCursor("one", "chat", false);
  assertEquals([kind, position, done], ["document", 5, [7]]);
});

Deno.test("what waited for a cursor waits no longer once that is given up", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.openCursor("one", "ask", true);
  assertEquals(await storage.askReadUpto(), 0);
  assertEquals(await storage.forgetCursor("one", "document"), "ask");
  assertEquals(await storage.askReadUpto(), 0, "that of another kind stays");
  assertEquals([await storage.forgetCursor("one", "ask"), await storage.forgetCursor("one", "ask")], [
    "ask",
    undefined,
  ]);
  assertEquals(await storage.askReadUpto(), undefined);
  assertEquals((await storage.openCursor("one", "ask", true)).isNew, true);
});

Deno.test("cursors are bounded: beyond 1024 those that were unused for longest go", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await Promise.all(Array.from({ length: 1024 }, (_, n) => storage.openCursor(`c${n}`, "chat", true)));
  bench.clock.advanceSync(1);
  await storage.openCursor("c0", "chat", true);
  await storage.openCursor("new", "chat", true);
  assertEquals((await storage.openCursor("c0", "chat", true)).isNew, false);
  assertEquals((await storage.openCursor("c1", "chat", true)).isNew, true);
});
