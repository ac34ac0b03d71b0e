import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { PlacedDocument } from "../../../../lib/storage/types.ts";
import { aDocument, ALICE, Bench, messageId } from "../support.ts";

const line = (seq: number) => aDocument(seq, { stream: "log" });
const paths = (placed: readonly PlacedDocument[]) => placed.map(({ path }) => path).toSorted();

/** Puts a file where the folder of the sender was; `free` takes it away again. */
function block(bench: Bench): { free: () => void } {
  const folder = join(bench.inbox, "alice");
  Deno.removeSync(folder, { recursive: true });
  Deno.writeTextFileSync(folder, "");
  return { free: () => Deno.removeSync(folder) };
}

Deno.test("a document that cannot be placed is told once it is, with the place that it has then", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  await storage.sync();
  const { free } = block(bench);
  const outcomes = await Promise.all([2, 3].map((seq) => storage.receive(aDocument(seq))));
  for (const outcome of outcomes) assert(outcome.saved && outcome.path === undefined);
  await storage.receive(line(4));
  assertEquals(bench.placed, []);
  free();
  Deno.mkdirSync(join(bench.inbox, "alice"));
  bench.write("alice/reading-2.json", "the owner's");
  await storage.sync();
  assertEquals(bench.placed[0], {
    id: messageId(2),
    sender: ALICE,
    senderName: "alice",
    name: "reading.json",
    path: join(bench.inbox, "alice", "reading-4.json"),
    size: 9,
  });
  assertEquals(bench.placed.length, 2);
  await storage.sync();
  await storage.receive(aDocument(5));
  assertEquals(bench.placed.length, 2);
});

Deno.test("documents that the start after a crash places are told, once, and no others", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await Promise.all([aDocument(1), aDocument(2), line(3), line(4)].map((item) => storage.receive(item)));
  assertEquals(bench.placed, []);
  bench.cutPower();
  Deno.removeSync(join(bench.inbox, "alice/reading.json"));
  const lines = "alice/log-2026-01-01.jsonl";
  bench.write(lines, bench.read(lines).slice(0, 15));
  const again = await bench.open();
  assertEquals(paths(bench.placed), [join(bench.inbox, lines), join(bench.inbox, "alice/reading.json")]);
  assertEquals(bench.placed.find(({ stream }) => stream)?.id, messageId(4));
  await again.close();
  bench.placed.length = 0;
  await bench.open();
  assertEquals(bench.placed, []);
});

Deno.test("a document that neither the crashed run nor the start after it can place is told once it is", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  const { free } = block(bench);
  await storage.receive(aDocument(2));
  bench.cutPower();
  const again = await bench.open();
  assertEquals(bench.placed, []);
  free();
  await again.sync();
  assertEquals(
    paths(bench.placed),
    ["reading-2.json", "reading.json"].map((name) => join(bench.inbox, "alice", name)),
  );
  assertEquals(bench.placed.length, 2);
});
