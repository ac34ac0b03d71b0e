import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openStorage } from "../../../lib/storage/storage.ts";
import type { ReceiveOutcome } from "../../../lib/storage/types.ts";
import { lacks } from "../../support/require.ts";
import { SmallDisk } from "../../support/small_disk.ts";
import { aChat, aDocument, aLargeOf, Bench, BOB, messageId, peerId } from "./support.ts";

/** `saved`, or the code of the refusal. */
const inShort = (outcome: ReceiveOutcome) => outcome.saved ? "saved" : outcome.code;

/** A bench whose state or inbox lies on a small file system of its own, in memory. */
class BenchOnSmallDisk extends Bench {
  readonly disk: SmallDisk;

  constructor(on: "state" | "inbox", options: string) {
    super();
    this.disk = new SmallDisk(join(this.root, on), options);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.closeAll();
    this.disk[Symbol.dispose]();
    await super[Symbol.asyncDispose]();
  }
}

const onSmallDisk = { ignore: lacks("lan") };

Deno.test(
  "a full disk under the database refuses what does not fit and loses nothing acknowledged",
  onSmallDisk,
  async () => {
    await using bench = new BenchOnSmallDisk("state", "size=1m");
    const storage = await bench.open();
    const body = JSON.stringify("x".repeat(30_000));
    const outcomes: string[] = [];
    for (let seq = 1; seq <= 60; seq++) {
      outcomes.push(inShort(await storage.receive(aDocument(seq, { body }))));
    }
    const saved = outcomes.indexOf("busy");
    assert(saved > 0, "the disk was never full");
    assert(outcomes.slice(saved).every((outcome) => outcome === "busy"));
    assertEquals(bench.received().length, saved);
    assertEquals(Object.keys(bench.files()).length, saved);
    // What is left may have room for small changes, though for no document.
    const known = { id: peerId("x"), name: "x", how: "sent" } as const;
    for (let since = 0; await storage.putKnown({ ...known, since }).then(() => true, () => false);) since++;
    const large = await storage.intake(aLargeOf(61, 100_000, "0".repeat(64)));
    assert("saved" in large && !large.saved, "the disk was not full");
    assertEquals(large.why, "It cannot be saved: the disk is full.");
    await assertRejects(
      () => storage.putKnown({ id: BOB, name: body.repeat(8), how: "sent", since: 0 }),
      Error,
      "make room",
    );
    bench.disk.remount("size=16m");
    for (let seq = saved + 1; seq <= 60; seq++) {
      assertEquals(inShort(await storage.receive(aDocument(seq, { body }))), "saved");
    }
    assertEquals(Object.keys(bench.files()).length, 60);
    assert(bench.warnings[0]!.startsWith("storage-failed: "));
  },
);

Deno.test(
  "what is too large for a nearly full disk does not keep out what others send",
  onSmallDisk,
  async () => {
    await using bench = new BenchOnSmallDisk("state", "size=1m");
    const storage = await bench.open();
    await storage.receive(aChat(1));
    bench.disk.fill(64 * 1024);
    const large = aDocument(2, { body: JSON.stringify("x".repeat(60_000)) });
    const outcomes = await Promise.all([
      ...[3, 4, 5].map((seq) => storage.receive({ ...large, id: messageId(seq) })),
      storage.receive(aChat(1, { sender: BOB })),
    ]);
    assertEquals(outcomes.map(inShort), ["busy", "busy", "busy", "saved"]);
  },
);

Deno.test(
  "on a full disk under the inbox what was acknowledged follows once there is room",
  onSmallDisk,
  async () => {
    await using bench = new BenchOnSmallDisk("inbox", "size=1m");
    const storage = await bench.open();
    await storage.receive(aDocument(1));
    await storage.receive(aDocument(2, { stream: "log" }));
    const filling = bench.disk.fill();
    const body = JSON.stringify("x".repeat(5000));
    assertEquals(inShort(await storage.receive(aDocument(3, { body }))), "saved");
    assertEquals(inShort(await storage.receive(aDocument(4, { body }))), "busy");
    assertEquals(inShort(await storage.receive(aChat(5))), "saved");
    assert(bench.warnings[0]!.startsWith("inbox-unwritable: "));
    Deno.removeSync(filling);
    await storage.sync();
    assertEquals(bench.read("alice/reading-2.json"), body);
    const long = '"' + "y".repeat(5000) + '"';
    Deno.removeSync(bench.disk.fill());
    assertEquals(inShort(await storage.receive(aDocument(6, { stream: "log", body: long }))), "saved");
    assertEquals(bench.read("alice/log-2026-01-01.jsonl"), `{"seq":2}\n${long}\n`);
    assert(Object.keys(bench.files()).every((path) => !/\.earshot/.test(path)));
  },
);

Deno.test("a line that a full disk cut short is not left behind", onSmallDisk, async () => {
  await using bench = new BenchOnSmallDisk("inbox", "size=1m");
  const storage = await bench.open();
  await storage.receive(aDocument(1, { stream: "log" }));
  const filling = bench.disk.fill(4096);
  const long = '"' + "y".repeat(20_000) + '"';
  assertEquals(inShort(await storage.receive(aDocument(2, { stream: "log", body: long }))), "saved");
  assertEquals(bench.read("alice/log-2026-01-01.jsonl"), '{"seq":1}\n');
  Deno.removeSync(filling);
  assertEquals(inShort(await storage.receive(aDocument(3, { stream: "log" }))), "saved");
  assertEquals(bench.read("alice/log-2026-01-01.jsonl"), `{"seq":1}\n${long}\n{"seq":3}\n`);
  assert(!bench.warnings.some((warning) => warning.startsWith("stream-changed")));
});

Deno.test(
  "with an inbox that became read-only, what was committed counts, and the next is busy",
  onSmallDisk,
  async () => {
    await using bench = new BenchOnSmallDisk("inbox", "size=1m");
    const storage = await bench.open();
    await storage.receive(aDocument(1));
    bench.disk.remount("ro");
    const outcomes = await Promise.all([2, 3].map((seq) => storage.receive(aDocument(seq))));
    assertEquals(outcomes.map(inShort), ["saved", "saved"]);
    const refused = await storage.receive(aDocument(4));
    assert(!refused.saved && refused.why.includes("not allowed"), JSON.stringify(refused));
    assertEquals(inShort(await storage.receive(aDocument(1, { sender: BOB, senderName: "bob" }))), "busy");
    bench.cutPower();
    const again = await bench.open();
    bench.disk.remount("rw");
    assertEquals(inShort(await again.receive(aDocument(4))), "saved");
    assertEquals(Object.values(bench.files()).sort(), [1, 2, 3, 4].map((seq) => `{"seq":${seq}}`));
  },
);

Deno.test("an inbox that cannot be written refuses documents before they are taken, and takes chat", async () => {
  await using bench = new Bench();
  Deno.writeTextFileSync(bench.inbox, "a file where the folder should be");
  const storage = await bench.open();
  const refused = await storage.receive(aDocument(1));
  assert(!refused.saved && refused.code === "busy");
  assert(!refused.why.includes(bench.root), "a path of ours went to the sender");
  assertEquals(inShort(await storage.receive(aChat(2))), "saved");
  assertEquals(bench.received().map(({ id }) => id), [messageId(2)]);
  Deno.removeSync(bench.inbox);
  assertEquals(inShort(await storage.receive(aDocument(1))), "saved");
  assertEquals(bench.warnings.length, 1);
});

Deno.test("a sender whose folder cannot be written does not keep out others of the same moment", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  Deno.removeSync(join(bench.inbox, "alice"), { recursive: true });
  bench.write("alice", "a file where the folder should be");
  const items = Array.from({ length: 40 }, (_, i) => i + 1).flatMap((seq) => [
    aDocument(seq + 1),
    aDocument(seq, { sender: BOB, senderName: "bob" }),
  ]);
  const outcomes = await Promise.all(items.map((item) => storage.receive(item)));
  assertEquals(new Set(outcomes.map(inShort)), new Set(["saved"]));
  assertEquals(Object.keys(bench.files()).length, 41);
  assertEquals(inShort(await storage.receive(aDocument(99))), "busy");
  assertEquals(inShort(await storage.receive(aDocument(99, { sender: BOB, senderName: "bob" }))), "saved");
  Deno.removeSync(join(bench.inbox, "alice"));
  await storage.sync();
  assertEquals(Object.keys(bench.files()).length, 81);
  assertEquals(inShort(await storage.receive(aDocument(99))), "saved");
});

Deno.test("what waits to be placed is placed by the next start", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  await storage.sync();
  Deno.removeSync(join(bench.inbox, "alice"), { recursive: true });
  bench.write("alice", "");
  await Promise.all([aDocument(2), aDocument(3, { stream: "log" })].map((item) => storage.receive(item)));
  await storage.close();
  const again = await bench.open();
  assertEquals(inShort(await again.receive(aDocument(4))), "busy");
  await again.close();
  Deno.removeSync(join(bench.inbox, "alice"));
  await bench.open();
  assertEquals(bench.files(), {
    "alice/reading-2.json": '{"seq":2}',
    "alice/log-2026-01-01.jsonl": '{"seq":3}\n',
  });
});

Deno.test("files of the owner among hundreds of names do not get overwritten, and each document finds a place", async () => {
  await using bench = new Bench();
  Deno.mkdirSync(join(bench.inbox, "alice"), { recursive: true });
  for (let i = 10; i < 60; i++) bench.write(`alice/reading-${i}.json`, "the owner's");
  const storage = await bench.open();
  const items = Array.from({ length: 600 }, (_, i) => aDocument(i + 1));
  const outcomes = await Promise.all(items.map((item) => storage.receive(item)));
  for (const [i, outcome] of outcomes.entries()) {
    assert(outcome.saved);
    assertEquals(Deno.readTextFileSync(outcome.path!), `{"seq":${i + 1}}`);
  }
  const texts = Object.values(bench.files());
  assertEquals([texts.length, texts.filter((text) => text === "the owner's").length], [650, 50]);
});

Deno.test("more than may wait for the disk is refused, and the order of a stream is kept", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = JSON.stringify("x".repeat(60_000));
  const items = Array.from({ length: 200 }, (_, i) => aDocument(i + 1, { body, stream: "log" }));
  const outcomes = (await Promise.all(items.map((item) => storage.receive(item)))).map(inShort);
  const saved = outcomes.indexOf("busy");
  assert(saved > 100, "less than 8 MiB of one sender may wait");
  assert(outcomes.slice(saved).every((outcome) => outcome === "busy"));
  assertEquals(inShort(await storage.receive(items.at(-1)!)), "busy");
  assertEquals(inShort(await storage.receive({ ...items[saved]!, turn: 1 })), "saved");
});

Deno.test("a store that was closed does what was called before, and says so to what comes after", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const received = [1, 2, 3].map((seq) => storage.receive(aDocument(seq)));
  await storage.close();
  assertEquals((await Promise.all(received)).map(inShort), ["saved", "saved", "saved"]);
  assertEquals(inShort(await storage.receive(aDocument(4))), "busy");
  for (const call of [() => storage.known(), () => storage.sync()]) {
    await assertRejects(call, Error, "closed");
  }
  await Promise.all([storage.close(), storage.close()]);
});

Deno.test("the same warning comes once a minute", async () => {
  await using bench = new Bench();
  const told: string[] = [];
  const storage = await openStorage({
    state: bench.state,
    inbox: bench.inbox,
    quota: 1,
    warning: (code) => told.push(code),
    clock: bench.clock,
  });
  for (const seq of [1, 2, 3]) await storage.receive(aDocument(seq));
  await bench.clock.advance(59_999);
  await storage.receive(aDocument(4));
  assertEquals(told, ["quota"]);
  await bench.clock.advance(1);
  await storage.receive(aDocument(5));
  assertEquals(told, ["quota", "quota"]);
  await storage.close();
});
