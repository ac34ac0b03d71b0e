import { assertEquals, assertRejects } from "@std/assert";
import { type KnownRecord, TrustBook, type TrustStore } from "../../../lib/identity/trust_book.ts";
import { ROSTER_MAX } from "../../../lib/protocol/limits.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A store in memory, whose records outlive the book. */
class MemoryStore implements TrustStore {
  readonly records = new Map<string, KnownRecord>();
  full = false;

  known(): Promise<KnownRecord[]> {
    return Promise.resolve([...this.records.values()]);
  }

  putKnown(record: KnownRecord): Promise<void> {
    if (this.full) return Promise.reject(new Error("disk full"));
    this.records.set(record.id, record);
    return Promise.resolve();
  }

  forgetKnown(id: string): Promise<void> {
    this.records.delete(id);
    return Promise.resolve();
  }
}

async function setUp() {
  const [store, clock] = [new MemoryStore(), new FakeClock()];
  const book = await TrustBook.load(store, clock);
  const reload = () => TrustBook.load(store, clock);
  return { store, clock, book, reload };
}

const [A, B, C] = ["a".repeat(24), "b".repeat(24), "c".repeat(24)];

Deno.test("nobody is known at first", async () => {
  const { book } = await setUp();
  assertEquals(book.list(), []);
  assertEquals(book.get(A), undefined);
  assertEquals([book.isKnown(A), book.isBlocked(A)], [false, false]);
  assertEquals(book.verdict(A, "lab-pc"), { kind: "unknown" });
});

Deno.test("whom we met, trusted or blocked is the same after a restart", async () => {
  const { book, clock, reload } = await setUp();
  await book.meet(A, "lab-pc", "sent");
  clock.advanceSync(1000);
  await book.trust(B, "Bench");
  await book.block(C, "mallory");
  const expected: KnownRecord[] = [
    { id: B, name: "Bench", how: "trusted", since: clock.wall() },
    { id: A, name: "lab-pc", how: "sent", since: clock.wall() - 1000 },
    { id: C, name: "mallory", how: "blocked", since: clock.wall() },
  ];
  for (const each of [book, await reload()]) {
    assertEquals(each.list(), expected);
    assertEquals([A, B, C].map((id) => each.isKnown(id)), [true, true, false]);
    assertEquals([A, B, C].map((id) => each.isBlocked(id)), [false, false, true]);
    assertEquals([A, B, C].map((id) => each.verdict(id, "x").kind), ["known", "known", "blocked"]);
  }
});

Deno.test("a known name with a new key is an impostor, whatever its letter case", async () => {
  const { book } = await setUp();
  for (const [how, name] of [["trusted", "lab-pc"], ["sent", "Straße"], ["group", "Äther"]] as const) {
    if (how === "trusted") await book.trust(A, name);
    else await book.meet(A, name, how);
    const known = book.get(A)!;
    for (const spelling of [name, name.toUpperCase().replace("SS", "ß"), name.normalize("NFD")]) {
      assertEquals(book.verdict(B, spelling), { kind: "impostor", known });
    }
    assertEquals(book.verdict(B, `${name}2`), { kind: "unknown" });
    assertEquals(book.verdict(A, name), { kind: "known" });
    await book.forget(A);
  }
});

Deno.test("being met makes no impostor known", async () => {
  const { book } = await setUp();
  await book.trust(A, "lab-pc");
  for (const how of ["group", "sent"] as const) {
    await book.meet(B, "LAB-PC", how);
    assertEquals(book.verdict(B, "lab-pc").kind, "impostor");
  }
});

Deno.test("meeting somebody again changes nothing: neither trust, nor a block, nor since when", async () => {
  const { book, clock } = await setUp();
  await book.trust(A, "lab-pc");
  await book.block(B, "mallory");
  await book.meet(C, "bench", "group");
  const before = book.list();
  clock.advanceSync(1000);
  for (const id of [A, B, C]) {
    await book.meet(id, "another-name", "group");
    await book.meet(id, "another-name", "sent");
  }
  assertEquals(book.list(), before);
});

Deno.test("trusting a new key accepts it in place of the old ones of that name, for good", async () => {
  const { book, reload } = await setUp();
  await book.trust(A, "lab-pc");
  await book.meet(C, "bench", "sent");
  await book.trust(B, "Lab-PC");
  for (const each of [book, await reload()]) {
    assertEquals(each.verdict(B, "lab-pc"), { kind: "known" });
    assertEquals(each.verdict(A, "lab-pc").kind, "impostor");
    assertEquals(each.list().map(({ id }) => id), [C, B]);
  }
});

Deno.test("trust unblocks the id that it names and no other of that name", async () => {
  const { book } = await setUp();
  await book.block(A, "lab-pc");
  await book.block(B, "lab-pc");
  await book.trust(B, "lab-pc");
  assertEquals([book.isBlocked(A), book.isKnown(B)], [true, true]);
});

Deno.test("the name of a blocked peer is free: its next owner is no impostor", async () => {
  const { book } = await setUp();
  await book.block(A, "lab-pc");
  assertEquals(book.verdict(B, "lab-pc"), { kind: "unknown" });
});

Deno.test("a block holds until the id is forgotten or trusted", async () => {
  const { book, reload } = await setUp();
  await book.trust(A, "lab-pc");
  await book.block(A, "lab-pc");
  assertEquals((await reload()).verdict(A, "lab-pc"), { kind: "blocked" });
  await book.forget(A);
  await book.forget(A);
  for (const each of [book, await reload()]) assertEquals(each.verdict(A, "lab-pc"), { kind: "unknown" });
});

Deno.test("several records may share a name, and are all found by it", async () => {
  const { book } = await setUp();
  await book.block(A, "Lab-PC");
  await book.meet(B, "lab-pc", "group");
  await book.meet(C, "bench", "group");
  assertEquals(book.byName("LAB-pc").map(({ id }) => id), [A, B]);
  assertEquals(book.byName("lab"), []);
});

Deno.test("a block holds at once, even where the disk does not take it, and the caller learns of that", async () => {
  const { book, store } = await setUp();
  store.full = true;
  await assertRejects(() => book.block(A, "mallory"), Error, "disk full");
  assertEquals(book.isBlocked(A), true);
});

Deno.test("members of a group that make up ids push out each other, never whom the owner chose", async () => {
  const { book, store, clock } = await setUp();
  const id = (i: number) => i.toString(32).padStart(24, "z");
  await book.trust(A, "trusted");
  await book.meet(B, "sent", "sent");
  await book.block(C, "blocked");
  for (let i = 0; i < ROSTER_MAX; i++) {
    clock.advanceSync(1);
    store.records.set(id(i), { id: id(i), name: `n${i}`, how: "group", since: clock.wall() });
  }
  const full = await TrustBook.load(store, clock);
  for (let i = ROSTER_MAX; i < ROSTER_MAX + 3; i++) {
    clock.advanceSync(1);
    await full.meet(id(i), `n${i}`, "group");
  }
  assertEquals(full.list().length, ROSTER_MAX + 3);
  assertEquals([A, B, C].map((known) => full.get(known)?.how), ["trusted", "sent", "blocked"]);
  assertEquals([0, 1, 2, 3].map((i) => full.isKnown(id(i))), [false, false, false, true]);
  assertEquals(store.records.size, full.list().length);
  await full.meet("d".repeat(24), "chosen", "sent");
  assertEquals(full.list().length, ROSTER_MAX + 4);
});

Deno.test("the owner of a name is told of anybody else who has it, known or not, but not of one that is blocked", async () => {
  const { book } = await setUp();
  await book.trust(A, "lab-pc");
  await book.trust(B, "bench");
  await book.block(C, "mallory");
  const owner = book.get(A);
  assertEquals(book.otherOwner(B, "LAB-PC"), owner);
  assertEquals(book.otherOwner("d".repeat(24), "lab-pc"), owner);
  assertEquals(book.otherOwner(A, "lab-pc"), undefined);
  assertEquals(book.otherOwner(B, "bench"), undefined);
  assertEquals(book.otherOwner(B, "free"), undefined);
  assertEquals(book.otherOwner(C, "lab-pc"), undefined);
  assertEquals(book.otherOwner(B, "mallory"), undefined, "the name of a blocked peer is free");
});
