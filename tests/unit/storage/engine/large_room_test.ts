import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import type { Storage } from "../../../../lib/storage/storage.ts";
import type { IncomingLarge, Intake, ReceiveOutcome } from "../../../../lib/storage/types.ts";
import { lacks } from "../../../support/require.ts";
import { SmallDisk } from "../../../support/small_disk.ts";
import { aLargeOf, Bench, BOB, takeLarge } from "../support.ts";

const MIB = 1024 * 1024;
const onSmallDisk = { ignore: lacks("lan") };

/** A large document of Alice, or Bob, and its bytes. */
interface Large {
  readonly item: IncomingLarge;
  readonly body: Uint8Array;
}

function large(seq: number, size: number, rest: Partial<IncomingLarge> = {}): Large {
  const body = new TextEncoder().encode(JSON.stringify(String.fromCharCode(96 + seq).repeat(size - 2)));
  const sha256 = createHash("sha256").update(body).digest("hex");
  return { item: aLargeOf(seq, size, sha256, { name: `${seq}.json`, ...rest }), body };
}

/** Gives both piece by piece, in turns; what became of each. */
async function both(storage: Storage, documents: readonly Large[]): Promise<ReceiveOutcome[]> {
  const outcomes: (ReceiveOutcome | undefined)[] = documents.map(() => undefined);
  const intakes: (Intake | undefined)[] = [];
  for (const [i, { item }] of documents.entries()) {
    const begun = await storage.intake(item);
    if ("saved" in begun) outcomes[i] = begun;
    else intakes[i] = begun;
  }
  while (outcomes.includes(undefined)) {
    for (const [i, { body }] of documents.entries()) {
      const intake = intakes[i];
      if (outcomes[i] || !intake) continue;
      const { offset } = intake;
      outcomes[i] = offset === body.length
        ? await intake.finish()
        : await intake.write(body.slice(offset, offset + 256 * 1024));
    }
  }
  return outcomes as ReceiveOutcome[];
}

function assertOneOf(outcomes: readonly ReceiveOutcome[], code: string): void {
  assertEquals(outcomes.filter(({ saved }) => saved).length, 1, JSON.stringify(outcomes));
  const refused = outcomes.find(({ saved }) => !saved) as ReceiveOutcome & { saved: false };
  assertEquals(refused.code, code);
  assertMatch(
    refused.why,
    /[Aa]nother large document|the disk is full|has to be sent again|holds its limit/,
  );
}

Deno.test(
  "of two large documents that fill a small disk one is saved, and the other once there is room",
  onSmallDisk,
  async () => {
    await using bench = new Bench();
    using disk = new SmallDisk(bench.inbox, "size=16m");
    const storage = await bench.open();
    const documents = [large(1, 10 * MIB), large(2, 10 * MIB, { sender: BOB, senderName: "bob" })];
    assertOneOf(await both(storage, documents), "busy");
    const [saved] = await Promise.all(documents.map(({ item, body }) => takeLarge(storage, item, body)));
    assert(saved!.saved);
    disk.remount("size=32m");
    for (const { item, body } of documents) assert((await takeLarge(storage, item, body)).saved);
    await bench.closeAll();
  },
);

Deno.test(
  "parts of documents that nobody sends now give way to one that would fit without them",
  onSmallDisk,
  async () => {
    await using bench = new Bench();
    using _disk = new SmallDisk(bench.inbox, "size=16m");
    const storage = await bench.open();
    const documents = [1, 2].map((seq) => large(seq, 12 * MIB));
    for (const { item, body } of documents) {
      const intake = await storage.intake(item);
      assert("offset" in intake);
      while (intake.offset < 6 * MIB) {
        assertEquals(await intake.write(body.slice(intake.offset, intake.offset + 256 * 1024)), undefined);
      }
      intake.suspend();
      await storage.sync();
      bench.clock.advanceSync(31_000);
    }
    const { item, body } = documents[0]!;
    assert((await takeLarge(storage, item, body)).saved);
    await bench.closeAll();
  },
);

Deno.test(
  "a document that does not fit is refused at once, before it has taken what others need",
  onSmallDisk,
  async () => {
    await using bench = new Bench();
    using _disk = new SmallDisk(bench.inbox, "size=8m");
    const storage = await bench.open();
    const { item } = large(1, 10 * MIB);
    assertEquals(await storage.intake(item), {
      saved: false,
      code: "busy",
      why: "It cannot be saved: the disk is full.",
    });
    const { item: small, body } = large(2, 5 * MIB);
    assert((await takeLarge(storage, small, body)).saved);
    await bench.closeAll();
  },
);

Deno.test(
  "two that have begun when another program fills the disk: one of them is saved",
  onSmallDisk,
  async () => {
    await using bench = new Bench();
    using disk = new SmallDisk(bench.inbox, "size=32m");
    const storage = await bench.open();
    const documents = [1, 2].map((seq) => large(seq, 10 * MIB));
    const intakes = await Promise.all(documents.map(({ item }) => storage.intake(item)));
    for (const [i, intake] of intakes.entries()) {
      assert("offset" in intake);
      assertEquals(await intake.write(documents[i]!.body.slice(0, 3 * MIB)), undefined);
    }
    disk.fill(9 * MIB);
    let outcomes = await both(storage, documents);
    // Where the disk was full for both at once, neither of them went on: they come again.
    if (outcomes.every(({ saved }) => !saved)) outcomes = await both(storage, documents);
    await bench.closeAll();
    assertOneOf(outcomes, "busy");
  },
);

Deno.test("two large documents within a quota for one: one is saved, and the other once there is room", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 16 * MIB });
  const documents = [1, 2].map((seq) => large(seq, 10 * MIB));
  assertOneOf(await both(storage, documents), "quota");
  const outcomes = await Promise.all(documents.map(({ item, body }) => takeLarge(storage, item, body)));
  assertEquals(outcomes.filter(({ saved }) => saved).length, 1, "the second does not fit beside the first");
  for (const name of ["1.json", "2.json"]) {
    await Deno.remove(join(bench.inbox, "alice", name)).catch(() => {});
  }
  await storage.sync();
  for (const { item, body } of documents) await takeLarge(storage, item, body);
  await storage.sync();
  const last = await Promise.all(documents.map(({ item, body }) => takeLarge(storage, item, body)));
  assertEquals(last.map(({ saved }) => saved), [true, true]);
});

Deno.test("one that stands still keeps nobody waiting for room", onSmallDisk, async () => {
  await using bench = new Bench();
  using _disk = new SmallDisk(bench.inbox, "size=16m");
  const storage = await bench.open();
  const [first, second] = [1, 2].map((seq) => large(seq, 10 * MIB));
  const intake = await storage.intake(first!.item);
  assert("offset" in intake);
  await intake.write(first!.body.slice(0, MIB));
  const refused = await storage.intake(second!.item);
  assert("saved" in refused && !refused.saved);
  assertEquals(refused.why, "Another large document comes first: the disk is full with both.");
  bench.clock.advanceSync(31_000);
  assert((await takeLarge(storage, second!.item, second!.body)).saved);
  await bench.closeAll();
});
