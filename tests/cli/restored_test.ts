// Disks that are copied and restored: what is called delivered is there, whatever the state folder of the sender was.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "../../lib/storage/tables/schema.ts";
import type { Program } from "../support/program.ts";
import { type Host, meet, withHosts } from "./hosts.ts";

/** Copies a state folder, to be put back later; gives what puts it back. */
async function copyState(host: Host): Promise<() => Promise<void>> {
  const [state, copy] = [join(host.home, "state"), join(host.home, `copy-${crypto.randomUUID()}`)];
  const copyAll = async (from: string, to: string) => {
    await Deno.mkdir(to, { recursive: true, mode: 0o700 });
    for await (const { name, isFile, isDirectory } of Deno.readDir(from)) {
      if (isFile) await Deno.copyFile(join(from, name), join(to, name));
      else if (isDirectory) await copyAll(join(from, name), join(to, name));
    }
  };
  await copyAll(state, copy);
  return async () => {
    await Deno.remove(state, { recursive: true });
    await copyAll(copy, state);
  };
}

/** The id of a running peer. */
function idOf(peer: Program): string {
  return peer.ready.id;
}

/** Sends one of everything that can be sent by commands; gives the names of the files that must be there. */
async function sendEverything(alice: Host, bob: Host, round: string): Promise<string[]> {
  const small = await alice.file(`${round}.json`, JSON.stringify(round));
  const large = await alice.file(`${round}-large.json`, JSON.stringify(round + "x".repeat(300_000)));
  for (
    const args of [
      ["send", small, large, "--to", "bob"],
      ["send", small, "--stream", "log", "--to", "bob"],
      ["say", round, "--to", "bob"],
    ]
  ) {
    const { code, stdout, stderr } = await alice.run(args);
    assertEquals(code, 0, stdout + stderr);
  }
  const log = bob.received("alice").find((name) => name.startsWith("log-"))!;
  const lines = (await Deno.readTextFile(join(bob.home, "earshot-inbox/alice", log))).split("\n");
  assert(lines.includes(JSON.stringify(round)), `${round} is not in the stream`);
  return [`${round}.json`, `${round}-large.json`];
}

for (const isRunning of [false, true]) {
  Deno.test(`a sender whose state was put back to a copy loses nothing that it sends then, ${isRunning ? "with" : "without"} a running peer`, () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using b = await bob.up();
      const withPeer = async (work: () => Promise<void>) => {
        if (!isRunning) return await work();
        await using a = await alice.up();
        await meet({ alice: a });
        await a.waitForEvent("peer", { state: "up", name: "bob" });
        await work();
        await a.stop();
      };
      const expected: string[] = [];
      const send = (round: string) =>
        withPeer(async () => void expected.push(...await sendEverything(alice, bob, round)));
      await send("first");
      const putBack = await copyState(alice);
      for (const round of ["second", "third"]) await send(round);
      await putBack();
      for (const round of ["fourth", "fifth"]) await send(round);
      const received = bob.received("alice");
      for (const name of expected) {
        assert(received.includes(name), `${name} is called delivered and is not there`);
      }
      const heard = b.json().filter(({ event }) => event === "chat").map(({ text }) => text);
      assertEquals(heard, ["first", "second", "third", "fourth", "fifth"]);
    }));
}

Deno.test("what waited in the outbox at the time of the copy arrives once, however often the copy is put back", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using first = await bob.up();
    const id = idOf(first);
    await first.stop();
    const file = await alice.file("queued.json", "[1]");
    assertEquals((await alice.run(["send", file, "--to", id, "--queue"])).code, 0);
    const putBack = await copyState(alice);
    await using b = await bob.up();
    for (let round = 0; round < 3; round++) {
      await putBack();
      await using a = await alice.up();
      await a.waitForEvent("delivered");
      await a.stop();
    }
    assertEquals(bob.received("alice"), ["queued.json"]);
    assertEquals(b.json().filter(({ event }) => event === "document").length, 1);
  }));

Deno.test("an identity that was cloned sends from both machines in turns, and all of it arrives", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const expected = await sendEverything(alice, bob, "common");
    let other = await copyState(alice);
    for (let round = 1; round <= 4; round++) {
      const mine = await copyState(alice);
      await other();
      other = mine;
      for (let n = 0; n < round; n++) expected.push(...await sendEverything(alice, bob, `r${round}-${n}`));
    }
    const received = bob.received("alice");
    for (const name of expected) {
      assert(received.includes(name), `${name} is called delivered and is not there`);
    }
  }));

Deno.test("a database of the version before, with a waiting outbox, opens and delivers in the order of its rows", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const id = idOf(b);
    assertEquals((await alice.run(["id"])).code, 0);
    const path = join(alice.home, "state", "earshot.db");
    for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(path + suffix).catch(() => {});
    const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    db.exec("PRAGMA journal_mode = WAL");
    for (const migration of MIGRATIONS.slice(0, 2)) db.exec(migration);
    db.exec("PRAGMA user_version = 2");
    db.exec(`INSERT INTO outgoing VALUES (1, '${id}', 7, 64, 3)`);
    const add = db.prepare(
      `INSERT INTO outbox (recipient, epoch, seq, id, kind, name, stream, at, expires, size, body)
       VALUES (?, 7, ?, ?, 'document', ?, 'log', ?, ?, ?, ?)`,
    );
    // Numbers do not tell the order: what was put aside had none, or a higher one.
    for (const [n, seq] of [[1, 9], [2, 0], [3, 4]] as const) {
      const body = new TextEncoder().encode(`[${n}]`);
      const messageId = `01JD3Q8X7Z9V5T2N4M6K8H0GW${n}`;
      add.run(id, seq, messageId, `${n}.json`, Date.now(), Date.now() + 86_400_000, body.length, body);
    }
    db.close();
    await using a = await alice.up();
    for (let n = 1; n <= 3; n++) await a.waitForEvent("delivered");
    const [log] = bob.received("alice");
    assertEquals(await Deno.readTextFile(join(bob.home, "earshot-inbox/alice", log!)), "[1]\n[2]\n[3]\n");
  }));
