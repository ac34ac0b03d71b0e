import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { lineCost } from "../../../../lib/storage/tables/usage.ts";
import { aDocument, Bench, BOB, messageId } from "../support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Bench's clock begins on this day. */
const TODAY = "alice/log-2026-01-01.jsonl";

const line = (seq: number, body?: string) => aDocument(seq, { stream: "log", body });

Deno.test("documents of a stream become the lines of one file, in their order, one line each", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const outcome = await storage.receive(line(1, '{\r\n "a": "\\n"\n}\n'));
  assert(outcome.saved);
  assertEquals(outcome.path, join(bench.inbox, "alice", "log-2026-01-01.jsonl"));
  await Promise.all([2, 3, 4].map((seq) => storage.receive(line(seq))));
  await storage.receive(line(5));
  assertEquals(bench.files(), {
    [TODAY]: '{   "a": "\\n" } \n{"seq":2}\n{"seq":3}\n{"seq":4}\n{"seq":5}\n',
  });
});

Deno.test("a stream has a file for each day, sender and name, and goes on after a restart", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await first.receive(line(1));
  await first.receive(aDocument(2, { stream: "LOG" }));
  await first.receive(aDocument(1, { stream: "log", sender: BOB, senderName: "bob" }));
  await bench.clock.advance(DAY_MS);
  await first.receive(line(3));
  await first.close();
  const storage = await bench.open();
  await storage.receive(line(4));
  assertEquals(bench.files(), {
    [TODAY]: '{"seq":1}\n',
    "alice/LOG-2026-01-01-2.jsonl": '{"seq":2}\n',
    "bob/log-2026-01-01.jsonl": '{"seq":1}\n',
    "alice/log-2026-01-02.jsonl": '{"seq":3}\n{"seq":4}\n',
  });
});

Deno.test("a stream and a document never share a file", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1, { name: "log-2026-01-01.jsonl" }));
  await storage.receive(line(2));
  await storage.receive(aDocument(3, { name: "log-2026-01-01-2.jsonl" }));
  assertEquals(bench.files(), {
    [TODAY]: '{"seq":1}',
    "alice/log-2026-01-01-2.jsonl": '{"seq":2}\n',
    "alice/log-2026-01-01-2-2.jsonl": '{"seq":3}',
  });
});

Deno.test("a file that the owner put where a stream's goes is left alone", async () => {
  await using bench = new Bench();
  Deno.mkdirSync(join(bench.inbox, "alice"), { recursive: true });
  bench.write(TODAY, "the owner's\n");
  const storage = await bench.open();
  await storage.receive(line(1));
  await storage.receive(line(2));
  assertEquals(bench.files(), {
    [TODAY]: "the owner's\n",
    "alice/log-2026-01-01-2.jsonl": '{"seq":1}\n{"seq":2}\n',
  });
  assertEquals(bench.warnings, []);
});

Deno.test("what the owner changed in a stream's file stays, and what arrives goes behind it, with a warning", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(line(1));
  bench.write(TODAY, '{"seq":1}\nthe owner\'s');
  await Promise.all([storage.receive(line(2)), storage.receive(line(3))]);
  assertEquals(bench.read(TODAY), '{"seq":1}\nthe owner\'s\n{"seq":2}\n{"seq":3}\n');
  assertEquals(bench.warnings.length, 1);
  assert(bench.warnings[0]!.startsWith("stream-changed: "));
  bench.write(TODAY, "x\n");
  await storage.receive(line(4));
  await storage.receive(line(5));
  assertEquals(bench.read(TODAY), 'x\n{"seq":4}\n{"seq":5}\n');
});

Deno.test("a stream's file that the owner took away begins anew", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(line(1));
  Deno.removeSync(join(bench.inbox, "alice"), { recursive: true });
  await storage.receive(line(2));
  await storage.receive(line(3));
  assertEquals(bench.files(), { [TODAY]: '{"seq":2}\n{"seq":3}\n' });
});

Deno.test("a line that comes twice is written once", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const items = [line(1), { ...line(2), id: messageId(1), body: line(1).body }, line(3), line(3)];
  const outcomes = await Promise.all(items.map((item) => storage.receive(item)));
  assertEquals(outcomes.map((outcome) => outcome.saved && outcome.duplicate), [false, true, false, true]);
  assertEquals(bench.files(), { [TODAY]: '{"seq":1}\n{"seq":3}\n' });
});

Deno.test("many streams at once each keep their order", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const items = Array.from({ length: 600 }, (_, i) => aDocument(i + 1, { stream: `s${i % 20}` }));
  await Promise.all(items.map((item) => storage.receive(item)));
  const files = bench.files();
  assertEquals(Object.keys(files).length, 20);
  for (let stream = 0; stream < 20; stream++) {
    const expected = items.filter((_, i) => i % 20 === stream).map(({ body }) =>
      `${new TextDecoder().decode(body)}\n`
    ).join("");
    assertEquals(files[`alice/s${stream}-2026-01-01.jsonl`], expected);
  }
});

Deno.test("after a line that was not saved, none of its stream is until its turn comes", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 4 * lineCost(1) });
  const codeOf = async (item: ReturnType<typeof line>) => {
    const outcome = await storage.receive(item);
    return outcome.saved ? "saved" : outcome.code;
  };
  const long = line(1, JSON.stringify("x".repeat(1500)));
  const [refused, behind, other] = await Promise.all([
    codeOf(long),
    codeOf(line(2, "2")),
    codeOf(aDocument(3, { stream: "another", body: "3" })),
  ]);
  assertEquals([refused, behind, other], ["quota", "busy", "saved"]);
  assertEquals(await codeOf(line(2, "2")), "busy");
  assertEquals(await codeOf({ ...line(4, "4"), turn: 1 }), "saved");
  assertEquals(await codeOf({ ...line(2, "2"), turn: 1 }), "saved");
  assertEquals(bench.read(TODAY), "4\n2\n");
});
