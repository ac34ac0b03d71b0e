import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import type { Storage } from "../../../../lib/storage/storage.ts";
import type { IncomingLarge, Intake, ReceiveOutcome } from "../../../../lib/storage/types.ts";
import { ALICE, Bench, messageId } from "../support.ts";

const MIB = 1024 * 1024;

/** JSON of so many bytes; different for each seed. */
function text(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0, x = seed; i < size; i++) bytes[i] = 97 + ((x = (x * 1103515245 + 12345) >>> 0) >>> 16) % 26;
  bytes[0] = bytes[size - 1] = 0x22;
  return bytes;
}

function aLarge(seq: number, body: Uint8Array, rest: Partial<IncomingLarge> = {}): IncomingLarge {
  return {
    kind: "large",
    sender: ALICE,
    senderName: "alice",
    id: messageId(seq),
    name: "big.json",
    size: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
    ...rest,
  };
}

async function begin(storage: Storage, item: IncomingLarge): Promise<Intake> {
  const intake = await storage.intake(item);
  assert("offset" in intake, JSON.stringify(intake));
  return intake;
}

/** Gives the bytes up to `end`, in pieces of some 100 KiB; returns the first outcome that ends it. */
async function give(
  intake: Intake,
  body: Uint8Array,
  end = body.length,
): Promise<ReceiveOutcome | undefined> {
  while (intake.offset < end) {
    const outcome = await intake.write(body.slice(intake.offset, Math.min(end, intake.offset + 100_000)));
    if (outcome) return outcome;
  }
}

async function takeWhole(storage: Storage, item: IncomingLarge, body: Uint8Array) {
  const intake = await begin(storage, item);
  const outcome = await give(intake, body) ?? await intake.finish();
  return outcome;
}

function names(bench: Bench): string[] {
  return [...Deno.readDirSync(join(bench.inbox, "alice"))].map(({ name }) => name).sort();
}

Deno.test("the memory of written pieces comes back for the next ones, and none once the document has ended", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(3 * MIB);
  const intake = await begin(storage, aLarge(1, body));
  const length = MIB / 2;
  let again = 0;
  while (intake.offset < body.length) {
    const memory = intake.memory?.(length);
    if (memory) again++;
    const piece = memory ?? new Uint8Array(length);
    assertEquals(piece.length, length);
    piece.set(body.subarray(intake.offset, intake.offset + length));
    assertEquals(await intake.write(piece), undefined);
  }
  assertEquals(again, 5);
  const shorter = intake.memory?.(length - 1);
  assertEquals([shorter?.length, shorter?.buffer.byteLength], [length - 1, length]);
  const outcome = await intake.finish();
  assert(outcome.saved);
  assertEquals(intake.memory?.(length), undefined);
  assertEquals(Deno.readFileSync(join(bench.inbox, "alice", "big.json")), body);
});

Deno.test("a document in parts becomes a file with exactly its bytes, whose row is in the history", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(9 * MIB);
  const outcome = await takeWhole(storage, aLarge(1, body), body);
  const path = join(bench.inbox, "alice", "big.json");
  assertEquals(outcome, { saved: true, duplicate: false, name: "big.json", path });
  assertEquals(Deno.readFileSync(path), body);
  const [row] = bench.received();
  assertEquals([row?.size, row?.path], [body.length, path]);
  await storage.sync();
  assertEquals(names(bench), ["big.json"], "nothing else is left in the folder");
  const again = await storage.intake(aLarge(1, body));
  assertEquals(again, { saved: true, duplicate: true, name: "big.json", path });
  const under = await storage.intake(aLarge(2, body, { id: messageId(1) }));
  assertEquals(under, { saved: true, duplicate: true, name: "big.json", path });
  const other = await storage.intake(aLarge(3, text(MIB, 5), { id: messageId(1) }));
  assert("saved" in other && !other.saved && other.code === "refused");
  assertEquals(bench.warnings, []);
});

Deno.test("no existing file is overwritten, and a deleted one stays deleted once it is synced", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  Deno.mkdirSync(join(bench.inbox, "alice"), { recursive: true });
  bench.write("alice/big.json", "mine");
  const body = text(MIB);
  assert((await takeWhole(storage, aLarge(1, body), body)).saved);
  assertEquals(bench.read("alice/big.json"), "mine");
  assertEquals(Deno.readFileSync(join(bench.inbox, "alice", "big-2.json")), body);
  await storage.sync();
  Deno.removeSync(join(bench.inbox, "alice", "big-2.json"));
  await storage.close();
  await bench.open();
  assertEquals(names(bench), ["big.json"]);
});

Deno.test("what is not JSON is refused where it ceases to be, and nothing of it stays", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(2 * MIB);
  body[MIB] = 0x0a;
  const outcome = await takeWhole(storage, aLarge(1, body), body);
  assertEquals(outcome, { saved: false, code: "not-json", why: `not JSON at byte ${MIB}` });
  const unfinished = text(MIB).with(MIB - 1, 0x61);
  const cut = await takeWhole(storage, aLarge(2, unfinished), unfinished);
  assertEquals(cut, { saved: false, code: "not-json", why: `not JSON at byte ${MIB}` });
  await storage.sync();
  assertEquals(names(bench), []);
  assertEquals(bench.received(), []);
});

Deno.test("a wrong hash has all of it come once more, and the second time it is refused as corrupt", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(MIB);
  const wrong = text(MIB, 7);
  const first = await takeWhole(storage, aLarge(1, body), wrong);
  assert(!first.saved && first.code === "busy");
  const again = await begin(storage, aLarge(2, body, { id: messageId(1) }));
  assertEquals(again.offset, 0);
  await give(again, body);
  assert((await again.finish()).saved);
  for (const code of ["busy", "corrupt"]) {
    const refused = await takeWhole(storage, aLarge(3, body), wrong);
    assert(!refused.saved && refused.code === code);
  }
  await storage.sync();
  assertEquals(names(bench), ["big.json"]);
});

Deno.test("what ends in between goes on where it was, also in another process", async () => {
  await using bench = new Bench();
  const body = text(11 * MIB);
  const first = await bench.open();
  const intake = await begin(first, aLarge(1, body));
  await give(intake, body, 5 * MIB + 17);
  intake.suspend();
  const next = await begin(first, aLarge(1, body));
  assertEquals(next.offset, 5 * MIB + 17);
  await give(next, body, 7 * MIB);
  await first.close();
  const second = await bench.open();
  const last = await begin(second, aLarge(9, body, { id: messageId(1) }));
  assertEquals(last.offset, 7 * MIB);
  await give(last, body);
  assert((await last.finish()).saved);
  assertEquals(Deno.readFileSync(join(bench.inbox, "alice", "big.json")), body);
});

Deno.test("after a power cut it goes on from what had reached the disk; what the disk lost or spoiled comes again", async () => {
  for (const spoil of ["nothing", "truncated", "zeroed", "removed"]) {
    await using bench = new Bench();
    const body = text(10 * MIB);
    const before = await bench.open();
    const intake = await begin(before, aLarge(1, body));
    await give(intake, body, 9 * MIB);
    // Until it is noted that 8 MiB are durable.
    while (durableOf(bench) < 8 * MIB) await before.waiting(ALICE);
    bench.cutPower();
    const [partial] = names(bench);
    const path = join(bench.inbox, "alice", partial!);
    if (spoil === "truncated") Deno.truncateSync(path, 3 * MIB);
    if (spoil === "removed") Deno.removeSync(path);
    if (spoil === "zeroed") {
      using file = Deno.openSync(path, { write: true });
      file.seekSync(2 * MIB, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array(5000));
    }
    const storage = await bench.open();
    const next = await begin(storage, aLarge(1, body));
    if (spoil === "nothing") assert(next.offset >= 8 * MIB && next.offset <= 9 * MIB, `${next.offset}`);
    else assertEquals(next.offset, 0, spoil);
    await give(next, body);
    assert((await next.finish()).saved);
    assertEquals(Deno.readFileSync(join(bench.inbox, "alice", "big.json")), body);
  }
});

function durableOf(bench: Bench): number {
  const db = new DatabaseSync(bench.database, { readOnly: true });
  try {
    return Number(db.prepare("SELECT max(durable) AS durable FROM partial").get()!.durable);
  } finally {
    db.close();
  }
}

Deno.test("damage that the disk did to what was kept never blames the sender", async () => {
  await using bench = new Bench();
  const body = text(6 * MIB);
  const before = await bench.open();
  await give(await begin(before, aLarge(1, body)), body, 5 * MIB);
  await before.close();
  const path = join(bench.inbox, "alice", names(bench)[0]!);
  using file = Deno.openSync(path, { write: true });
  file.seekSync(MIB, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode('" '));
  const spaces = new Uint8Array(4 * MIB - 2).fill(0x20);
  file.writeSync(spaces);
  const storage = await bench.open();
  const intake = await begin(storage, aLarge(1, body));
  assertEquals(intake.offset, 5 * MIB);
  const outcome = await give(intake, body);
  // What comes next cannot follow a value that had ended: but that was the disk.
  assert(outcome && !outcome.saved && outcome.code === "busy", JSON.stringify(outcome));
  const again = await begin(storage, aLarge(1, body));
  assertEquals(again.offset, 0);
  await give(again, body);
  assert((await again.finish()).saved);
});

Deno.test("what is there of a document counts against the quota, what is only announced does not", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 14 * MIB });
  const [one, two, three] = [text(9 * MIB, 1), text(9 * MIB, 2), text(MIB, 3)];
  const announced = await storage.intake(aLarge(9, text(15 * MIB, 4)));
  assert("saved" in announced && !announced.saved && announced.code === "quota");
  const first = await begin(storage, aLarge(1, one));
  const second = await begin(storage, aLarge(2, two));
  await give(second, two, 3 * MIB);
  await give(first, one);
  assert((await first.finish()).saved);
  assert((await takeWhole(storage, aLarge(3, three), three)).saved);
  const outcome = await give(second, two) ?? await second.finish();
  assert(!outcome.saved && outcome.code === "quota");
  assert(bench.warnings[0]!.startsWith("quota:"));
  // There is room once the owner makes it, and what came need not come again.
  await storage.sync();
  Deno.removeSync(join(bench.inbox, "alice", "big.json"));
  await storage.intake(aLarge(2, two));
  await storage.sync();
  const again = await begin(storage, aLarge(2, two));
  assert(again.offset >= 4 * MIB, `${again.offset}`);
  await give(again, two);
  assert((await again.finish()).saved);
});

Deno.test("a sender may leave some documents half sent, not any number", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const bodies = Array.from({ length: 20 }, (_, i) => text(200_000, i + 1));
  for (const [i, body] of bodies.entries()) {
    bench.clock.advanceSync(10);
    const intake = await begin(storage, aLarge(i + 1, body));
    await give(intake, body, 150_000);
    intake.suspend();
  }
  await storage.waiting(ALICE);
  assertEquals(names(bench).length, 16);
  // One that was thrown out comes anew.
  assertEquals((await begin(storage, aLarge(1, bodies[0]!))).offset, 0);
});

Deno.test("the latest taking of a document is the one that counts", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(MIB);
  const old = await begin(storage, aLarge(1, body));
  await give(old, body, 500_000);
  const young = await begin(storage, aLarge(1, body));
  const outcome = await old.write(body.slice(500_000, 600_000));
  assert(outcome && !outcome.saved && outcome.code === "busy");
  await give(young, body);
  assert((await young.finish()).saved);
  assertEquals(Deno.readFileSync(join(bench.inbox, "alice", "big.json")), body);
});

Deno.test("what was kept of a document and is removed meanwhile has it come once more, and is not acknowledged", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(5 * MIB);
  for (const [i, moment] of ["under way", "suspended", "all there"].entries()) {
    const item = aLarge(i + 1, body);
    let intake = await begin(storage, item);
    await give(intake, body, moment === "all there" ? body.length : 3 * MIB);
    if (moment === "suspended") intake.suspend();
    const [partial] = names(bench).filter((name) => name.startsWith("."));
    Deno.removeSync(join(bench.inbox, "alice", partial!));
    if (moment === "suspended") {
      intake = await begin(storage, item);
      assertEquals(intake.offset, 0);
    }
    await give(intake, body);
    let outcome = await intake.finish();
    if (moment !== "suspended") {
      assert(!outcome.saved && outcome.code === "busy", moment);
      outcome = await takeWhole(storage, item, body);
    }
    assert(outcome.saved && outcome.path !== undefined);
    assertEquals(Deno.readFileSync(outcome.path), body);
    await storage.sync();
  }
});

Deno.test("two documents under one id never get mixed, whichever comes first and however they overlap", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const [one, other] = [text(MIB, 1), text(MIB, 2)];
  for (let round = 1; round <= 20; round++) {
    const id = messageId(round);
    const items = [aLarge(2 * round, one, { id }), aLarge(2 * round + 1, other, { id })] as const;
    const outcomes = await Promise.all(items.map(async (item, i) => {
      const intake = await storage.intake(item);
      if ("saved" in intake) return intake;
      return await give(intake, i === 0 ? one : other) ?? await intake.finish();
    }));
    for (const [i, outcome] of outcomes.entries()) {
      if (!outcome.saved) assert(["busy", "refused"].includes(outcome.code), JSON.stringify(outcome));
      else if (outcome.path) assertEquals(Deno.readFileSync(outcome.path), i === 0 ? one : other);
    }
    assert(outcomes.some(({ saved }) => saved));
  }
  await storage.sync();
  assertEquals(names(bench).filter((name) => name.startsWith(".")), []);
});

Deno.test("what grows over the quota while it comes is stopped, and takes no file that nobody knows", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 9 * MIB });
  const bodies = [1, 2, 3].map((seed) => text(8 * MIB, seed));
  const outcomes = await Promise.all(bodies.map(async (body, i) => {
    const intake = await begin(storage, aLarge(i + 1, body));
    return await give(intake, body) ?? await intake.finish();
  }));
  assert(outcomes.some((outcome) => !outcome.saved && outcome.code === "quota"), JSON.stringify(outcomes));
  const there = names(bench).map((name) => Deno.statSync(join(bench.inbox, "alice", name)).size);
  assert(there.reduce((sum, size) => sum + size, 0) <= 9 * MIB + 3 * 5 * MIB, `${there}`);
});

Deno.test("a document that comes so slowly that it takes hours is saved all the same", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(MIB);
  const item = aLarge(1, body);
  const intake = await begin(storage, item);
  for (let end = MIB / 8; end <= MIB; end += MIB / 8) {
    assertEquals(await give(intake, body, end), undefined);
    await bench.clock.advance(3_600_000);
    await storage.sync();
  }
  assert((await intake.finish()).saved);
});

Deno.test("a document whose place was swept before its first byte came is told to come again, at once", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(MIB);
  const intake = await begin(storage, aLarge(1, body));
  await bench.clock.advance(2 * 3_600_000);
  await storage.sync();
  assertEquals(names(bench), []);
  const outcome = await give(intake, body);
  assert(outcome && !outcome.saved && outcome.code === "busy", JSON.stringify(outcome));
  assert((await takeWhole(storage, aLarge(1, body), body)).saved);
  await storage.sync();
  assertEquals(names(bench), ["big.json"]);
});

Deno.test("a document that gives way to more of its sender before its first byte came is told at once", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = text(MIB);
  const intake = await begin(storage, aLarge(1, body));
  for (let seq = 2; seq <= 17; seq++) await begin(storage, aLarge(seq, text(MIB, seq)));
  const outcome = await give(intake, body);
  assert(outcome && !outcome.saved && outcome.code === "busy", JSON.stringify(outcome));
});
