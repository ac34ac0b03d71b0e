import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { IncomingDocument } from "../../../../lib/storage/types.ts";
import { aChat, aDocument, Bench, messageId } from "../support.ts";

const STREAM = "alice/log-2026-01-01.jsonl";
const line = (seq: number) => aDocument(seq, { stream: "log" });
const textOf = (...items: IncomingDocument[]) =>
  items.map(({ body }) => new TextDecoder().decode(body) + "\n").join("");

/** Receives the items, cuts the power, does `damage` to the inbox, and opens the store again. */
async function recovered(bench: Bench, items: IncomingDocument[], damage: () => void) {
  const storage = await bench.open();
  await Promise.all(items.map((item) => storage.receive(item)));
  bench.cutPower();
  damage();
  return await bench.open();
}

const BODY = '{"value":"0123456789"}';

/** What a power cut can leave of a file, and what the owner can make of it meanwhile. */
const torn: Record<string, string | undefined> = {
  missing: undefined,
  empty: "",
  "cut short": BODY.slice(0, 9),
  "zero-filled": "\0".repeat(BODY.length),
  "zero-filled at the end": BODY.slice(0, 9) + "\0".repeat(BODY.length - 9),
  "zero-filled in the middle": BODY.slice(0, 4) + "\0\0" + BODY.slice(6),
};

Deno.test("an acknowledged document is written again, whatever a power cut left of its file", async () => {
  await using bench = new Bench();
  const items = Object.keys(torn).map((state, i) => aDocument(i + 1, { name: `${state}.json`, body: BODY }));
  const storage = await recovered(bench, items, () => {
    for (const [state, left] of Object.entries(torn)) {
      if (left === undefined) Deno.removeSync(join(bench.inbox, `alice/${state}.json`));
      else bench.write(`alice/${state}.json`, left);
    }
  });
  assertEquals(bench.files(), Object.fromEntries(items.map(({ name }) => [`alice/${name}`, BODY])));
  for (const item of items) {
    const again = await storage.receive(item);
    assert(again.saved && again.duplicate);
  }
});

Deno.test("a file that the owner changed before the power cut is left alone, and ours goes beside it", async () => {
  await using bench = new Bench();
  const owners = { a: "the owner's", b: BODY + "\n", c: BODY.replace("0", "1") };
  const items = Object.keys(owners).map((name, i) => aDocument(i + 1, { name: `${name}.json`, body: BODY }));
  const storage = await recovered(bench, items, () => {
    for (const [name, text] of Object.entries(owners)) bench.write(`alice/${name}.json`, text);
  });
  for (const [i, [name, text]] of Object.entries(owners).entries()) {
    assertEquals([bench.read(`alice/${name}.json`), bench.read(`alice/${name}-2.json`)], [text, BODY]);
    const again = await storage.receive(items[i]!);
    assert(again.saved && again.path === join(bench.inbox, "alice", `${name}-2.json`));
  }
  assertEquals(Object.keys(bench.files()).length, 6);
});

Deno.test(
  "whatever else stands where a document was is left alone",
  { ignore: Deno.build.os === "windows" },
  async () => {
    await using bench = new Bench();
    const at = (name: string) => join(bench.inbox, "alice", name);
    await recovered(bench, ["a", "b"].map((name, i) => aDocument(i + 1, { name, body: BODY })), () => {
      for (const name of ["a", "b"]) Deno.removeSync(at(name));
      Deno.mkdirSync(at("a"));
      Deno.symlinkSync("/nowhere", at("b"));
    });
    assertEquals([bench.read("alice/a-2"), bench.read("alice/b-2")], [BODY, BODY]);
    assert(Deno.lstatSync(at("a")).isDirectory && Deno.lstatSync(at("b")).isSymlink);
  },
);

Deno.test("a folder that was lost is made again", async () => {
  await using bench = new Bench();
  const items = Array.from({ length: 600 }, (_, i) => aDocument(i + 1));
  await recovered(bench, items, () => Deno.removeSync(bench.inbox, { recursive: true }));
  assertEquals(Object.keys(bench.files()).length, 600);
});

Deno.test("what was synced is the owner's to remove", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  await storage.receive(line(2));
  await storage.sync();
  await storage.receive(aDocument(3));
  bench.cutPower();
  Deno.removeSync(join(bench.inbox, "alice"), { recursive: true });
  await bench.open();
  assertEquals(bench.files(), { "alice/reading-2.json": '{"seq":3}' });
});

Deno.test("pending files are made durable every five seconds", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  await bench.clock.advance(5000);
  // The next pass is due once this one is over.
  while (bench.clock.next() === undefined) await storage.known();
  bench.cutPower();
  Deno.removeSync(join(bench.inbox, "alice/reading.json"));
  await bench.open();
  assertEquals(bench.files(), {});
});

Deno.test("a store that is closed while files are made durable plans no further pass", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  bench.clock.advanceSync(5000);
  await storage.close();
  await bench.clock.advance(0);
  assertEquals(bench.clock.next(), undefined);
});

Deno.test("nothing is pending after a store was closed", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await Promise.all(Array.from({ length: 50 }, (_, i) => storage.receive(aDocument(i + 1))));
  await storage.close();
  Deno.removeSync(join(bench.inbox, "alice"), { recursive: true });
  await bench.open();
  assertEquals(bench.files(), {});
});

const ITEMS = [1, 2, 3, 4].map(line);
const WHOLE = textOf(...ITEMS);
const LINE = WHOLE.length / 4;

/** What a power cut can leave of a stream's file. */
const tornStreams: Record<string, string | undefined> = {
  missing: undefined,
  empty: "",
  "without its last lines": WHOLE.slice(0, 2 * LINE),
  "cut within a line": WHOLE.slice(0, 2 * LINE + 3),
  "cut before a line's end": WHOLE.slice(0, -1),
  "zero-filled": "\0".repeat(WHOLE.length),
  "zero-filled at the end": WHOLE.slice(0, LINE + 3) + "\0".repeat(3 * LINE - 3),
  "zero-filled in the middle": WHOLE.slice(0, LINE + 3) + "\0".repeat(LINE) + WHOLE.slice(2 * LINE + 3),
  "as it was": WHOLE,
};

Deno.test("a stream is whole again, whatever a power cut left of its file", async () => {
  await using bench = new Bench();
  const states = Object.entries(tornStreams);
  const of = (n: number, stream: number) =>
    aDocument(10 * stream + n, { stream: `s${stream}`, body: `{"seq":${n}}` });
  const fileOf = (stream: number) => `alice/s${stream}-2026-01-01.jsonl`;
  const storage = await recovered(bench, states.flatMap((_, i) => [1, 2, 3, 4].map((n) => of(n, i))), () => {
    for (const [i, [, left]] of states.entries()) {
      if (left === undefined) Deno.removeSync(join(bench.inbox, fileOf(i)));
      else bench.write(fileOf(i), left);
    }
  });
  for (const [i, [state]] of states.entries()) {
    assertEquals(bench.read(fileOf(i)), WHOLE, state);
    await storage.receive(of(5, i));
    assertEquals(bench.read(fileOf(i)), WHOLE + textOf(of(5, i)), state);
  }
  assertEquals(Object.keys(bench.files()).length, states.length);
  assertEquals(bench.warnings, []);
});

Deno.test("synced lines that the owner removed stay removed, those after them are appended", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await Promise.all(ITEMS.slice(0, 2).map((item) => first.receive(item)));
  await first.sync();
  await Promise.all(ITEMS.slice(2).map((item) => first.receive(item)));
  bench.cutPower();
  bench.write(STREAM, "");
  await bench.open();
  assertEquals(bench.read(STREAM), WHOLE.slice(2 * LINE));
});

Deno.test("a line that the owner changed is left alone and appended again, the others stay", async () => {
  await using bench = new Bench();
  const changed = WHOLE.replace('{"seq":3}', '{"seq":X}');
  await recovered(bench, ITEMS, () => bench.write(STREAM, changed));
  assertEquals(bench.read(STREAM), changed + textOf(line(3)));
  assertEquals(bench.warnings.length, 1);
});

Deno.test("a file of the owner's that took a stream's place before the power cut is left alone", async () => {
  await using bench = new Bench();
  const storage = await recovered(bench, ITEMS, () => bench.write(STREAM, "the owner's"));
  await storage.receive(line(5));
  assertEquals(bench.files(), {
    [STREAM]: "the owner's",
    "alice/log-2026-01-01-2.jsonl": WHOLE + textOf(line(5)),
  });
});

Deno.test("thousands of pending documents and lines are all recovered", async () => {
  await using bench = new Bench();
  const items = Array.from({ length: 1000 }, (_, i) => i % 2 ? aDocument(i + 1) : line(i + 1));
  await recovered(bench, items, () => {
    bench.write(STREAM, bench.read(STREAM).slice(0, 333));
    for (let i = 2; i <= 500; i += 3) Deno.removeSync(join(bench.inbox, `alice/reading-${i}.json`));
  });
  assertEquals(bench.read(STREAM), textOf(...items.filter(({ stream }) => stream)));
  assertEquals(Object.keys(bench.files()).length, 501);
});

Deno.test("a database that was deleted is begun anew, and no file in the inbox is touched", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await first.receive(aDocument(1));
  await first.receive(line(2));
  await first.close();
  Deno.removeSync(bench.state, { recursive: true });
  const storage = await bench.open();
  assertEquals(bench.received(), []);
  await storage.receive(aDocument(1, { body: '"new"' }));
  await storage.receive(aDocument(2, { stream: "log", body: '"new"' }));
  assertEquals(bench.files(), {
    "alice/reading.json": '{"seq":1}',
    [STREAM]: '{"seq":2}\n',
    "alice/reading-2.json": '"new"',
    "alice/log-2026-01-01-2.jsonl": '"new"\n',
  });
});

Deno.test("with an older copy of the database nothing in the inbox is overwritten, and what comes again is saved", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await first.receive(aDocument(1));
  await first.receive(line(2));
  bench.cutPower();
  await first.receive(aDocument(3));
  await first.receive(line(4));
  await first.receive(aChat(5));
  const storage = await bench.open();
  const items = [aDocument(1), line(2), aDocument(3), line(4), aChat(5)];
  const outcomes = [];
  for (const item of items) outcomes.push(await storage.receive(item));
  assertEquals(outcomes.map((outcome) => outcome.saved && outcome.duplicate), [
    true,
    true,
    false,
    false,
    false,
  ]);
  assertEquals(bench.files(), {
    "alice/reading.json": '{"seq":1}',
    "alice/reading-2.json": '{"seq":3}',
    "alice/reading-3.json": '{"seq":3}',
    [STREAM]: textOf(line(2), line(4), line(4)),
  });
  assertEquals(bench.received().map(({ id }) => id), [5, 4, 3, 2, 1].map(messageId));
});
