import { assert, assertEquals, assertFalse, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { fileCost, ROW_BYTES } from "../../../../lib/storage/tables/usage.ts";
import type { Storage } from "../../../../lib/storage/storage.ts";
import type { ReceiveOutcome } from "../../../../lib/storage/types.ts";
import { pollUntil } from "../../../support/patience.ts";
import { lacks } from "../../../support/require.ts";
import { SmallDisk } from "../../../support/small_disk.ts";
import { aChat, aDocument, aLargeOf, ALICE, Bench, messageId, takeLarge } from "../support.ts";

const MIB = 1024 * 1024;
const onSmallDisk = { ignore: lacks("lan") };

/** Somebody who is not known, with a session from that address. */
function stranger(n: number, address?: string) {
  const sender = `s${n}`.padEnd(24, "z");
  return { sender, senderName: `stranger ${n}`, from: { known: false, address } };
}

/** Documents of one byte, each of another stranger, until `most` or the first that is refused; how many were saved. */
async function flood(
  storage: Storage,
  first: number,
  most: number,
  addressOf: (n: number) => string | undefined,
): Promise<{ saved: number; refused: (ReceiveOutcome & { saved: false }) | undefined }> {
  const outcomes = await Promise.all(
    Array.from(
      { length: most },
      (_, i) => storage.receive(aDocument(1, { ...stranger(first + i, addressOf(first + i)), body: "1" })),
    ),
  );
  const refused = outcomes.find((outcome) => !outcome.saved);
  return { saved: outcomes.filter(({ saved }) => saved).length, refused: refused as never };
}

/** What a folder and all in it take on disk, bytes. */
function diskUsage(folder: string): number {
  return [...Deno.readDirSync(folder)].reduce((sum, { name, isDirectory }) => {
    const path = join(folder, name);
    return sum + (isDirectory ? diskUsage(path) : Deno.statSync(path).blocks! * 512);
  }, 0);
}

Deno.test("tiny documents count with the blocks that they take, so that no number of them takes more than the quota", async () => {
  await using bench = new Bench();
  const quota = 2 * MIB;
  const storage = await bench.open({ quota });
  const outcomes = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => storage.receive(aDocument(i + 1, { body: "1" }))),
  );
  const saved = outcomes.filter((outcome) => outcome.saved).length;
  assertEquals(saved, Math.floor(quota / fileCost(1)));
  if (Deno.build.os !== "windows") assert(diskUsage(bench.inbox) <= quota);
});

Deno.test("strangers of one address get an eighth of the inbox, all strangers half of it, those who are known the rest", async () => {
  await using bench = new Bench();
  const quota = 8 * MIB;
  let storage = await bench.open({ quota });
  const most = (bytes: number) => Math.floor(bytes / fileCost(1));
  const one = await flood(storage, 0, 300, () => "192.0.2.1");
  assertEquals(one.saved, most(quota / 8));
  assertEquals(one.refused!.code, "quota");
  assertMatch(one.refused!.why, /limit of 1 MiB for peers of one address that are not known here/);
  const same = await flood(storage, 1000, 5, () => "::ffff:192.0.2.1");
  assertEquals(same.saved, 0);
  const other = await flood(storage, 2000, 5, () => "192.0.2.2");
  assertEquals(other.saved, 5, "somebody else gets in");
  // The network of an IPv6 address counts, for a machine may have any number of addresses in it.
  const network = await flood(storage, 3000, 300, (n) => `2001:db8:0:1::${n.toString(16)}%eth0`);
  assertEquals(network.saved, most(quota / 8));
  await storage.close();
  storage = await bench.open({ quota });
  const many = await flood(storage, 4000, 600, (n) => `198.51.100.${n % 200}`);
  assertEquals(one.saved + other.saved + network.saved + many.saved, most(quota / 2), "also over a restart");
  assertMatch(many.refused!.why, /limit of 4 MiB for peers that are not known here/);
  for (let n = 1; n <= 100; n++) {
    const document = aDocument(n, { from: { known: true, address: "192.0.2.1" } });
    assert((await storage.receive(document)).saved, "those who are known still get in");
  }
  // One who is known from now on counts no longer.
  const trusted = { ...stranger(0), from: { known: true, address: "192.0.2.1" } };
  assert((await storage.receive(aDocument(2, { ...trusted, body: "1" }))).saved);
  assertEquals((await flood(storage, 6000, 5, () => "203.0.113.1")).saved, 1);
});

Deno.test("strangers cannot fill the inbox with large documents either", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 16 * MIB });
  const begin = (n: number, size: number, address: string) =>
    storage.intake(aLargeOf(1, size, `${n}`.padStart(64, "0"), stranger(n, address)));
  const tooLarge = await begin(1, 3 * MIB, "192.0.2.1");
  assert("saved" in tooLarge && !tooLarge.saved && tooLarge.code === "quota");
  const durable = (sender: string) => {
    using db = new DatabaseSync(bench.database, { readOnly: true });
    return db.prepare("SELECT durable FROM partial WHERE sender = ?").get(sender)?.durable;
  };
  for (let n = 2; n <= 9; n++) {
    const intake = await begin(n, 1.5 * MIB, `192.0.2.${n}`);
    if ("saved" in intake) {
      assert(!intake.saved && intake.code === "quota");
      continue;
    }
    const body = new TextEncoder().encode(`"${"x".repeat(1.4 * MIB)}`);
    await intake.write(body);
    intake.suspend();
    const isDurable = () => durable(stranger(n).sender) === body.length;
    await pollUntil(isDurable, () => "what was written is durable, and counts");
  }
  assert(diskUsage(bench.inbox) <= 9 * MIB, `${diskUsage(bench.inbox)}`);
  const known = await storage.intake(aLargeOf(1, 6 * MIB, "f".repeat(64)));
  assert("offset" in known);
});

Deno.test("strangers who begin large documents at once get no more than their shares, and each that fits is saved", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 16 * MIB });
  const body = new TextEncoder().encode(JSON.stringify("x".repeat(1.5 * MIB)));
  const sha256 = createHash("sha256").update(body).digest("hex");
  const all = async (first: number, count: number, addressOf: (n: number) => string) => {
    const items = Array.from({ length: count }, (_, i) => {
      const n = first + i;
      return aLargeOf(1, body.length, sha256, stranger(n, addressOf(n)));
    });
    const begun = await Promise.all(items.map((item) => storage.intake(item)));
    const outcomes = await Promise.all(begun.map(async (intake) => {
      if ("saved" in intake) return intake;
      for (let at = 0; at < body.length; at += 64 * 1024) {
        const refusal = await intake.write(body.slice(at, at + 64 * 1024));
        if (refusal) return refusal;
      }
      return await intake.finish();
    }));
    for (const outcome of outcomes) {
      assert(outcome.saved || outcome.code === "quota", JSON.stringify(outcome));
    }
    return outcomes.filter(({ saved }) => saved).length;
  };
  assertEquals(await all(1, 3, () => "192.0.2.1"), 1, "an eighth is 2 MiB");
  assertEquals(await all(11, 8, (n) => `192.0.2.${n}`), 4, "half is 8 MiB, and one was there");
  assertEquals(await all(21, 1, () => "192.0.2.99"), 0, "it is full now");
});

Deno.test("nothing of others is given up for a document that is refused all the same", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 16 * MIB });
  const body = new TextEncoder().encode(JSON.stringify("x".repeat(1.8 * MIB)));
  const sha256 = createHash("sha256").update(body).digest("hex");
  const takeWhole = (n: number, address: string) =>
    takeLarge(storage, aLargeOf(1, body.length, sha256, stranger(n, address)), body);
  assert((await takeWhole(1, "192.0.2.1")).saved);
  const honest = aLargeOf(1, body.length, sha256, stranger(2, "192.0.2.2"));
  const intake = await storage.intake(honest);
  assert("offset" in intake);
  assertEquals(await intake.write(body.slice(0, MIB)), undefined);
  intake.suspend();
  const large = new TextEncoder().encode(JSON.stringify("y".repeat(12.2 * MIB)));
  const known = aLargeOf(3, large.length, createHash("sha256").update(large).digest("hex"));
  assert((await takeLarge(storage, known, large)).saved);
  const refused = await takeWhole(3, "192.0.2.1");
  assert(!refused.saved && refused.code === "quota", JSON.stringify(refused));
  const again = await storage.intake(honest);
  assert("offset" in again && again.offset === MIB, JSON.stringify(again));
});

for (
  const [what, place] of Object.entries({
    "in a folder of its disk": "usb/inbox",
    "where its disk is mounted": "usb",
  })
) {
  Deno.test(`an inbox ${what} that is unmounted keeps its bodies and its limit`, onSmallDisk, async () => {
    await using bench = new Bench();
    const options = { quota: MIB, inbox: join(bench.root, place) };
    const disk = new SmallDisk(join(bench.root, "usb"), "size=8m");
    const storage = await bench.open(options);
    const receive = async (n: number) => (await storage.receive(aDocument(n, { body: "1" }))).saved;
    let count = 0;
    while (await receive(count + 1)) count++;
    await storage.sync();
    disk[Symbol.dispose]();
    assertFalse(await receive(count + 1));
    await storage.sync();
    assertMatch(bench.warnings.join(), /The disk of the inbox .* is not mounted any more/);
    assertFalse(await receive(count + 1), "the limit still holds");
    using db = new DatabaseSync(bench.database, { readOnly: true });
    const { kept } = db.prepare("SELECT count(body) AS kept FROM message WHERE kept").get()!;
    assertEquals(kept, count, "and all bodies are there");
    // It comes back, perhaps as another device, and its owner has removed the files.
    using _again = new SmallDisk(join(bench.root, "usb"), "size=8m");
    await receive(count + 1);
    await storage.sync();
    assert(await receive(count + 1));
    await storage.close();
  });
}

Deno.test(
  "without the disk of its inbox nothing starts, unless the inbox has moved or another is named",
  onSmallDisk,
  async () => {
    await using bench = new Bench();
    const usb = join(bench.root, "usb");
    const options = { inbox: join(usb, "inbox") };
    const open = async (more = options) => {
      const storage = await bench.open(more);
      await storage.sync();
      await storage.close();
    };
    const noDisk = () =>
      assertRejects(() => bench.open(options), UserError, `it was mounted at ${usb}. Mount it`);
    await open();
    {
      using _first = new SmallDisk(usb, "size=8m");
      await open();
    }
    // Nothing was in it that could be missed.
    await open();
    {
      using _disk = new SmallDisk(usb, "size=8m");
      const storage = await bench.open(options);
      assert((await storage.receive(aDocument(1))).saved);
      assert((await storage.receive(aDocument(2, { stream: "s" }))).saved);
      await storage.close();
    }
    await noDisk();
    await Deno.remove(usb, { recursive: true });
    await noDisk();
    await open({ inbox: join(bench.root, "other") });
    await noDisk();
    {
      using _again = new SmallDisk(usb, "size=8m");
      await open();
    }
    await noDisk();
    await Deno.mkdir(join(options.inbox, "alice"), { recursive: true });
    await Deno.writeTextFile(join(options.inbox, "alice", "reading.json"), "1");
    await open();
  },
);

Deno.test("the owner makes room by removing files, also by removing the whole inbox, and the history stays", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: MIB });
  const receive = async (n: number) => (await storage.receive(aDocument(n, { body: "1" }))).saved;
  let count = 0;
  while (await receive(count + 1)) count++;
  await storage.sync();
  Deno.removeSync(bench.inbox, { recursive: true });
  assertFalse(await receive(count + 1));
  await storage.sync();
  assert(await receive(count + 1));
  await storage.close();
  using db = new DatabaseSync(bench.database, { readOnly: true });
  const { bodies } = db.prepare("SELECT count(body) AS bodies FROM message").get()!;
  assertEquals(bodies, count + 1, "the history has what came in, whatever happens to the files");
});

Deno.test("heads of large documents leave a bounded number of files, and those of others stay", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const begin = async (n: number, address: string) => {
    const intake = await storage.intake(aLargeOf(1, 100_000, `${n}`.padStart(64, "0"), stranger(n, address)));
    if (!("saved" in intake)) intake.suspend();
  };
  const mine = await storage.intake(aLargeOf(1, 100_000, "e".repeat(64)));
  assert(!("saved" in mine));
  mine.suspend();
  const count = (where = "1") => {
    const db = new DatabaseSync(bench.database, { readOnly: true });
    const { n } = db.prepare(`SELECT count(*) AS n FROM partial WHERE ${where}`).get()!;
    db.close();
    return n;
  };
  for (let n = 0; n < 200; n++) await begin(n, "192.0.2.1");
  assertEquals(count(), 128 + 1);
  for (let n = 1000; n < 1700; n++) await begin(n, `198.51.100.${n % 100}`);
  assertEquals(count(), 512 + 1);
  assertEquals(count(`sender = '${ALICE}'`), 1);
  const files = Object.keys(bench.files()).filter((path) => path.endsWith(".part")).length;
  assert(files <= 513, `${files}`);
  bench.clock.advanceSync(2 * 3_600_000);
  await storage.sync();
  assertEquals(count(), 0, "nothing ever came of them");
});

Deno.test("a sender that changes its name keeps its folders, of which it gets no more than sixteen", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  for (let n = 1; n <= 40; n++) {
    assert((await storage.receive(aDocument(n, { senderName: `name ${n}` }))).saved);
  }
  assertEquals([...Deno.readDirSync(bench.inbox)].length, 16);
  assertEquals((await storage.receive(aDocument(41, { senderName: "name 1" }))).saved, true);
  assert(bench.read("name 1/reading-2.json").length > 0);
});

Deno.test("chat of strangers takes half of the history, an eighth from each address, and others keep theirs", async () => {
  await using bench = new Bench();
  const bytes = 4 * MIB;
  const storage = await bench.open({ keep: { ms: 90 * 86_400_000, bytes } });
  const text = "x".repeat(10_000);
  await storage.receive(aChat(1, { text: "first of all" }));
  const say = (first: number, count: number, addressOf: (n: number) => string) =>
    Promise.all(Array.from({ length: count }, (_, i) => {
      const n = first + i;
      return storage.receive(aChat(1, { ...stranger(n, addressOf(n)), id: messageId(n + 10), text }));
    }));
  await say(0, 300, () => "192.0.2.1");
  for (let passes = 0; passes < 5; passes++) await storage.sync();
  const held = () => {
    const db = new DatabaseSync(bench.database, { readOnly: true });
    const { n } = db.prepare(
      `SELECT sum(length(text) + ${ROW_BYTES}) AS n FROM message WHERE sender <> '${ALICE}'`,
    ).get()!;
    db.close();
    return Number(n);
  };
  assert(held() <= bytes / 8 && held() > bytes / 10, `${held()}`);
  await say(1000, 600, (n) => `198.51.100.${n % 100}`);
  for (let passes = 0; passes < 5; passes++) await storage.sync();
  assert(held() <= bytes / 2 && held() > bytes / 3, `${held()}`);
  const texts = bench.received().map((row) => row.text);
  assertEquals(texts.at(-1), "first of all");
});
