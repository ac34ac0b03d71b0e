import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Files } from "../../../../lib/storage/files/files.ts";
import { Inbox } from "../../../../lib/storage/inbox/inbox.ts";
import { Receiver } from "../../../../lib/storage/engine/receiver.ts";
import { openDatabase } from "../../../../lib/storage/database/open_database.ts";
import { Store } from "../../../../lib/storage/tables/store.ts";
import { Syncer } from "../../../../lib/storage/inbox/syncer.ts";
import type { Incoming } from "../../../../lib/storage/types.ts";
import { aChat, aDocument } from "../support.ts";

/** The parts of a store, without a worker. */
function assemble(root: string) {
  const fail = (code: string, message: string) => assert(false, `${code}: ${message}`);
  const files = new Files("t");
  const store = new Store(openDatabase(join(root, "state", "earshot.db")));
  const inbox = new Inbox(store, files, join(root, "inbox"), fail);
  const receiver = new Receiver(store, inbox, 1e9, fail);
  const synced: string[] = [];
  const syncer = new Syncer(store, inbox, (job) => {
    synced.push(...job.files);
    return files.sync(job);
  }, fail);
  /** Returns the row of what goes to a file. */
  const receive = (item: Incoming) => {
    const { outcome, journaled } = store.transaction(() => receiver.receive(item, 0));
    assert(outcome.saved && !outcome.duplicate);
    return journaled?.row;
  };
  return { store, inbox, syncer, synced, receive };
}

function inFolder(test: (root: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const root = await Deno.makeTempDir({ prefix: "earshot-housekeeping-" });
    try {
      await test(root);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  };
}

Deno.test(
  "a document stays pending until its own file is durable, whatever is synced after it",
  inFolder(async (root) => {
    const { store, inbox, syncer, synced, receive } = assemble(root);
    const rows = Array.from({ length: 600 }, (_, i) => receive(aDocument(i + 1))!);
    receive(aChat(601));
    // The first is committed, and its file is still being made.
    inbox.place(rows.slice(1));
    await syncer.pass(rows[0]! - 1);
    assertEquals([synced.length, store.messages.countPending()], [0, 601]);
    const blocked = join(root, "inbox", "alice");
    Deno.renameSync(blocked, `${blocked}-away`);
    Deno.writeTextFileSync(blocked, "");
    const postponed = new Inbox(store, new Files("t"), join(root, "inbox"), () => {});
    postponed.place(rows.slice(0, 1));
    await new Syncer(store, postponed, () => new Map(), () => {}).pass(store.messages.lastRow);
    assertEquals(store.messages.pending(0, Infinity, 9).map(({ row }) => row), [rows[0]]);
    Deno.removeSync(blocked);
    Deno.renameSync(`${blocked}-away`, blocked);
    postponed.placeBacklog();
    await syncer.pass(store.messages.lastRow);
    assertEquals(synced, [join(blocked, "reading.json")]);
    assertEquals(store.messages.countPending(), 0);
    store.close();
  }),
);
