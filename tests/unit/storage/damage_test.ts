import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/platform/user_error.ts";
import type { Storage } from "../../../lib/storage/storage.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { aChat, aDocument, Bench, BOB, messageId, peerId } from "./support.ts";
import { exists } from "../../../lib/storage/files/file_access.ts";

const PAGE = 8192;
/** Documents that fill a database of some 4 MB: more than the pages that SQLite keeps in memory. */
const COUNT = 400;

const stored = (seq: number) => aDocument(seq, { body: JSON.stringify(`${seq} ${"x".repeat(8_000)}`) });

/** Overwrites bytes in every `nth` page from `first` on, in the database and in its journal where there is one. */
function damage(bench: Bench, random: SeededRandom, first: number, nth: number): void {
  for (const path of [bench.database, `${bench.database}-wal`]) {
    if (!exists(path)) continue;
    using file = Deno.openSync(path, { write: true });
    const pages = Math.floor(file.statSync().size / PAGE);
    for (let page = first; page < pages; page += nth) {
      file.seekSync(page * PAGE, Deno.SeekMode.Start);
      file.writeSync(random.bytes(200));
    }
  }
}

async function filled(bench: Bench): Promise<Storage> {
  const storage = await bench.open();
  for (let seq = 1; seq <= COUNT; seq += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => storage.receive(stored(seq + i))));
  }
  await storage.sync();
  return storage;
}

/** Everything that a peer asks of its store; returns the codes of what was not saved. */
async function use(storage: Storage): Promise<string[]> {
  const codes: string[] = [];
  for (let seq = 1; seq <= COUNT + 20; seq += 7) {
    const outcome = await storage.receive(seq % 2 ? stored(seq) : aChat(seq, { sender: BOB }));
    if (!outcome.saved) codes.push(outcome.code);
  }
  for (
    const ask of [
      () => storage.waiting(BOB),
      () => storage.outboxRecipients(),
      () => storage.known(),
      () => storage.sync(),
    ]
  ) await ask().catch((error) => assert(/damaged|has failed/.test(error.message), error.message));
  return codes;
}

/** What the database would take now might be lost with it. */
async function assertNothingPromised(storage: Storage, what = "is damaged"): Promise<void> {
  const outcome = await storage.receive(aDocument(1, { sender: peerId("c"), senderName: "carol" }));
  assert(
    !outcome.saved && outcome.code === "busy" && outcome.why.includes(`database ${what}`),
    JSON.stringify(outcome),
  );
  const row = {
    id: messageId(1),
    kind: "chat",
    name: "",
    at: 0,
    expires: 1e15,
  } as const;
  const body = new TextEncoder().encode("hi");
  await assertRejects(
    () => storage.enqueue(BOB, { ...row, size: body.length, body }, "bob"),
    UserError,
    what,
  );
}

function assertInboxWhole(bench: Bench): void {
  const files = Object.values(bench.files());
  for (let seq = 1; seq <= COUNT; seq++) {
    const text = new TextDecoder().decode(stored(seq).body);
    assertEquals(files.filter((each) => each === text).length, 1, `${seq} is not there once`);
  }
}

for (const [first, nth] of [[1, 1], [1, 3]] as const) {
  const which = nth === 1 ? "all pages but the first" : `each ${nth}rd page`;

  Deno.test(`a database damaged while it is in use (${which}) is told, and the inbox stays whole`, async () => {
    const random = new SeededRandom();
    await using bench = new Bench();
    const storage = await filled(bench);
    damage(bench, random, first, nth);
    const codes = await use(storage);
    assertEquals(codes.filter((code) => code !== "busy"), []);
    if (codes.length > 0) {
      await assertNothingPromised(storage);
      assert(bench.warnings.some((text) => /^storage-failed: .*damaged/.test(text)), `${bench.warnings}`);
    }
    await storage.close().catch(() => {});
    assertInboxWhole(bench);
  });

  Deno.test(`a database damaged before the start (${which}) is told, and the inbox stays whole`, async () => {
    const random = new SeededRandom();
    await using bench = new Bench();
    await (await filled(bench)).close();
    damage(bench, random, first, nth);
    const before = Deno.readFileSync(bench.database);
    const opened = await bench.open().catch((error) => error);
    if (opened instanceof Error) {
      assert(opened instanceof UserError && /damaged/.test(opened.message), opened.message);
      assertEquals(Deno.readFileSync(bench.database), before);
    } else {
      const codes = await use(opened);
      assertEquals(codes.filter((code) => code !== "busy"), []);
      await opened.close().catch(() => {});
    }
    assertInboxWhole(bench);
  });
}

Deno.test("a database that is removed while it is in use is told, and takes nothing more", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  assert((await storage.receive(stored(1))).saved);
  Deno.removeSync(bench.state, { recursive: true });
  await storage.sync();
  await assertNothingPromised(storage, "was removed");
  assert(bench.warnings.some((text) => /^storage-failed: .* was removed while it was in use/.test(text)));
  await storage.close().catch(() => {});
  assertEquals(Object.keys(bench.files()).length, 1);
});
