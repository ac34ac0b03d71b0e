import { assert, assertEquals } from "@std/assert";
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { AddressBook } from "../../../lib/peer/address_book.ts";
import { Remembered } from "../../../lib/peer/remembered.ts";
import type { Session } from "../../../lib/session/session.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const BOB = "b".repeat(24);

/** Id number `i`. */
function idOf(i: number): string {
  return i.toString(6).replaceAll(/\d/g, (digit) => "234567"[Number(digit)]!).padStart(24, "a");
}

async function withFile(fn: (path: string, clock: FakeClock) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "earshot-addresses-" });
  try {
    await fn(join(folder, "addresses.json"), new FakeClock());
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Addresses of a group by id. */
function shown(book: AddressBook, group = "lab"): [id: string, hosts: string[]][] {
  return [...book.of(group)].map(([id, addresses]) => [id, addresses.map(({ host }) => host)]);
}

Deno.test("addresses outlast the book, those met last first, two of a peer, each group apart", () =>
  withFile(async (path, clock) => {
    const book = new AddressBook(path, clock);
    const bob = { group: "lab", id: BOB, name: "bob", port: 3333 };
    for (const host of ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.2"]) {
      book.note({ ...bob, host });
      await clock.advance(3_600_000);
    }
    book.note({ ...bob, id: idOf(1), host: "fd83::1" });
    book.note({ ...bob, group: "other", host: "10.0.0.9" });
    await book.close();
    const again = new AddressBook(path, clock);
    assertEquals(shown(again), [[idOf(1), ["fd83::1"]], [BOB, ["10.0.0.2", "10.0.0.3"]]]);
    assertEquals(shown(again, "other"), [[BOB, ["10.0.0.9"]]]);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    Deno.removeSync(path);
    again.note({ ...bob, id: idOf(1), host: "fd83::1" });
    await again.close();
    assert(!existsSync(path), "what is known for less than an hour is not written again");
    again.note({ ...bob, id: idOf(1), host: "fd83::1", port: 4000 });
    assertEquals(clock.next(), undefined, "nothing is noted after the end");
    const third = new AddressBook(path, clock);
    third.note({ ...bob, id: idOf(1), host: "fd83::1", port: 4000 });
    await third.close();
    assertEquals(new AddressBook(path, clock).of("lab").get(idOf(1))?.[0]?.port, 4000);
  }));

Deno.test("what is forgotten of a peer is no longer in the file, in no group; the others stay", () =>
  withFile(async (path, clock) => {
    const book = new AddressBook(path, clock);
    const bob = { group: "lab", id: BOB, name: "bob", host: "10.0.0.1", port: 3333 };
    book.note(bob);
    book.note({ ...bob, group: "other" });
    book.note({ ...bob, id: idOf(1), host: "10.0.0.2" });
    await book.forget(BOB);
    const again = new AddressBook(path, clock);
    assertEquals([shown(again), shown(again, "other")], [[[idOf(1), ["10.0.0.2"]]], []]);
    book.note(bob);
    await book.close();
    assertEquals(new AddressBook(path, clock).of("lab").size, 2, "whoever is met again is noted again");
    await book.forget(BOB);
    assertEquals(new AddressBook(path, clock).of("lab").size, 2, "nothing changes after the end");
  }));

Deno.test("there are at most 64, the oldest go, and what is outside private ranges is not kept", () =>
  withFile(async (path, clock) => {
    const book = new AddressBook(path, clock);
    for (let i = 0; i < 200; i++) {
      book.note({ group: "lab", id: idOf(i), name: "bob", host: `10.0.0.${i}`, port: 3333 });
      await clock.advance(1);
    }
    for (const host of ["8.8.8.8", "127.0.0.1", "fe80::1", "2001:db8::1", "lab-pc"]) {
      book.note({ group: "lab", id: BOB, name: "bob", host, port: 3333 });
    }
    await book.close();
    const ids = [...new AddressBook(path, clock).of("lab").keys()];
    assertEquals(ids, Array.from({ length: 64 }, (_, i) => idOf(199 - i)));
  }));

Deno.test("one host with many ids takes the place of no other", () =>
  withFile(async (path, clock) => {
    const book = new AddressBook(path, clock);
    for (let i = 0; i < 260; i++) {
      const host = i < 60 ? `10.0.0.${i}` : "10.0.1.1";
      book.note({ group: "lab", id: idOf(i), name: "bob", host, port: 3333 });
      await clock.advance(1);
    }
    const ids = [...book.of("lab").keys()];
    assertEquals(ids, [259, 258, 257, 256, ...Array.from({ length: 60 }, (_, i) => 59 - i)].map(idOf));
    await book.close();
  }));

Deno.test("a damaged file counts as empty, a wrong entry as missing, and a folder that is gone costs nothing", () =>
  withFile(async (path, clock) => {
    const good = { group: "lab", id: BOB, name: "bob", host: "10.0.0.1", port: 3333, at: 5 };
    for (const text of ["", "nul", "{}", "[[", JSON.stringify([good]).padStart(300_000)]) {
      Deno.writeTextFileSync(path, text);
      assertEquals(shown(new AddressBook(path, clock)), []);
    }
    const wrong = [null, 1, "x", {}, { ...good, host: "8.8.8.8" }, { ...good, port: 0 }, {
      ...good,
      id: "b",
    }];
    Deno.writeTextFileSync(path, JSON.stringify([...wrong, { ...good, name: "a\nb" }, good]));
    assertEquals(shown(new AddressBook(path, clock)), [[BOB, ["10.0.0.1"]]]);
    const book = new AddressBook(join(path, "no", "folder"), clock);
    book.note(good);
    await book.close();
    assertEquals(shown(book).length, 1);
  }));

Deno.test("an address that was noted while the clock was ahead gives way to a newer one", () =>
  withFile(async (path, clock) => {
    const bob = { group: "lab", id: BOB, name: "bob", port: 3333 };
    clock.wallOffset += 365 * 86_400_000;
    const ahead = new AddressBook(path, clock);
    for (const host of ["10.0.0.1", "10.0.0.2"]) ahead.note({ ...bob, host });
    await ahead.close();
    clock.wallOffset -= 365 * 86_400_000;
    const book = new AddressBook(path, clock);
    await clock.advance(1_000);
    book.note({ ...bob, host: "10.0.0.3" });
    assertEquals(shown(book)[0]![1].toSorted()[1], "10.0.0.3");
    await book.close();
  }));

Deno.test("those who are missed are tried once, after the time for answers, four a second", () =>
  withFile(async (path, clock) => {
    const book = new AddressBook(path, clock);
    for (let i = 0; i < 40; i++) {
      book.note({ group: "lab", id: idOf(i), name: "bob", host: `10.0.0.${i + 1}`, port: 3333 });
    }
    const tried: { id: string; at: number }[] = [];
    const remembered = new Remembered({
      book,
      clock,
      group: "lab",
      brief: false,
      isMissed: ({ id }) => id !== idOf(7),
      reach: (id) => tried.push({ id, at: clock.now() }),
    });
    remembered.start();
    await clock.advance(600_000);
    assertEquals(
      tried.map(({ id }) => id).toSorted(),
      book.of("lab").keys().toArray().filter((id) => id !== idOf(7)).toSorted(),
    );
    assert(tried[0]!.at >= 4_000, "who answers the asks of the start is not dialled");
    for (const [i, { at }] of tried.slice(1).entries()) assert(at - tried[i]!.at >= 250);
    await remembered.close();
  }));

Deno.test("of a peer with a session the address that was dialled is remembered, else a private one that it announces", () =>
  withFile(async (path, clock) => {
    const book = new AddressBook(path, clock);
    const options = { book, clock, group: "lab", brief: false, isMissed: () => true, reach: () => {} };
    const remembered = new Remembered(options);
    const announced = [{ host: "fe80::1%eth0", port: 3333 }, { host: "10.0.0.1", port: 3333 }];
    const session = (i: number, host: string, initiator: boolean, brief = false) =>
      ({ id: idOf(i), remote: { name: "bob", brief }, address: { host, port: 3334 }, initiator }) as Session;
    remembered.met(session(1, "10.0.0.7", true), announced);
    remembered.met(session(2, "fe80::2%eth0", true), announced);
    remembered.met(session(3, "10.0.0.9", false), announced);
    remembered.met(session(4, "10.0.0.9", false), []);
    remembered.met(session(5, "10.0.0.7", true, true), announced);
    const noted = [...book.of("lab").values()].flat().map(({ id, host, port }) => [id, host, port]);
    assertEquals(noted.toSorted(), [[idOf(1), "10.0.0.7", 3334], [idOf(2), "10.0.0.1", 3333], [
      idOf(3),
      "10.0.0.1",
      3333,
    ]]);
    await remembered.close();
  }));
