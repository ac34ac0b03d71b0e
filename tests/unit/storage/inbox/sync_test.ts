import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Files } from "../../../../lib/storage/files/files.ts";
import { Inbox } from "../../../../lib/storage/inbox/inbox.ts";
import { Receiver } from "../../../../lib/storage/engine/receiver.ts";
import { openDatabase } from "../../../../lib/storage/database/open_database.ts";
import { Store } from "../../../../lib/storage/tables/store.ts";
import { Syncer } from "../../../../lib/storage/inbox/syncer.ts";
import { aDocument } from "../support.ts";

/** The parts of a store on a disk whose syncs fail while `fails`. */
class FailingDisk implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "earshot-sync-" });
  readonly warnings: string[] = [];
  fails = true;
  /** Of each file that was synced: which one it was. */
  readonly synced: (number | null)[] = [];
  readonly store = new Store(openDatabase(join(this.folder, "state", "earshot.db")));
  readonly #files = new Files("t", "store", undefined, {
    link: Deno.linkSync,
    sync: (file) => {
      if (this.fails) throw new Error("Input/output error");
      this.synced.push(file.statSync().ino);
    },
  });
  readonly #inbox = new Inbox(this.store, this.#files, join(this.folder, "inbox"), this.#warn.bind(this));
  readonly #receiver = new Receiver(this.store, this.#inbox, 1e9, this.#warn.bind(this));
  readonly #syncer = new Syncer(
    this.store,
    this.#inbox,
    (job) => this.#files.sync(job),
    this.#warn.bind(this),
  );

  path(name: string): string {
    return join(this.folder, "inbox", "alice", name);
  }

  receive(...items: ReturnType<typeof aDocument>[]): void {
    for (const item of items) {
      const { journaled } = this.store.transaction(() => this.#receiver.receive(item, 0));
      this.#inbox.place([journaled!.row]);
    }
  }

  /** Returns what is pending after it, by its rows. */
  async pass(): Promise<number[]> {
    await this.#syncer.pass(this.store.messages.lastRow);
    return this.store.messages.pending(0, Infinity, 9).map(({ row }) => row);
  }

  #warn(code: string, message: string): void {
    this.warnings.push(`${code}: ${message}`);
  }

  [Symbol.dispose](): void {
    this.store.close();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

const LINES = "log-1970-01-01.jsonl";

Deno.test("a file that failed to sync is written anew before another sync is believed", async () => {
  using disk = new FailingDisk();
  disk.receive(aDocument(1), aDocument(2, { stream: "log" }));
  // While it is open its number is not given to another.
  using first = Deno.openSync(disk.path("reading.json"));
  assertEquals(await disk.pass(), [1, 2]);
  assertEquals(await disk.pass(), [1, 2]);
  assert(disk.warnings[0]!.startsWith(`sync-failed: ${disk.path("reading.json")}`), disk.warnings[0]);
  disk.fails = false;
  assertEquals(await disk.pass(), []);
  const after = Deno.statSync(disk.path("reading.json")).ino;
  assert(Deno.build.os === "windows" || after !== first.statSync().ino, "the same file was synced again");
  assertEquals(disk.synced, [after, Deno.statSync(disk.path(LINES)).ino]);
  assertEquals(Deno.readTextFileSync(disk.path("reading.json")), '{"seq":1}');
  assertEquals(Deno.readTextFileSync(disk.path(LINES)), '{"seq":2}\n');
});

Deno.test("what a disk lost after a sync that failed is there again after the next pass", async () => {
  using disk = new FailingDisk();
  disk.receive(aDocument(1), aDocument(2, { stream: "log" }), aDocument(3, { stream: "log" }));
  await disk.pass();
  Deno.truncateSync(disk.path("reading.json"), 4);
  Deno.writeFileSync(disk.path(LINES), new Uint8Array(20));
  disk.fails = false;
  assertEquals(await disk.pass(), []);
  assertEquals(Deno.readTextFileSync(disk.path("reading.json")), '{"seq":1}');
  assertEquals(Deno.readTextFileSync(disk.path(LINES)), '{"seq":2}\n{"seq":3}\n');
});

Deno.test("what the owner changed or removed after a sync that failed is left alone", async () => {
  using disk = new FailingDisk();
  disk.receive(aDocument(1), aDocument(2), aDocument(3, { stream: "log" }));
  await disk.pass();
  Deno.writeTextFileSync(disk.path("reading.json"), "the owner's");
  Deno.removeSync(disk.path("reading-2.json"));
  Deno.writeTextFileSync(disk.path(LINES), "the owner's");
  disk.fails = false;
  assertEquals(await disk.pass(), []);
  assertEquals(
    [...Deno.readDirSync(join(disk.folder, "inbox", "alice"))].map(({ name }) => name).toSorted(),
    [LINES, "reading.json"],
  );
  for (const name of [LINES, "reading.json"]) {
    assertEquals(Deno.readTextFileSync(disk.path(name)), "the owner's");
  }
});
