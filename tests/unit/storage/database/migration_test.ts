import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { fileCost, ROW_BYTES } from "../../../../lib/storage/tables/usage.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../../../../lib/storage/tables/schema.ts";
import { lacks } from "../../../support/require.ts";
import { aDocument, ALICE, Bench, BOB, messageId } from "../support.ts";

const PROGRAM = fromFileUrl(new URL("./migration_program.ts", import.meta.url));

/** A database as version 1 left it: two documents, one of them unplaced, a chat, a window, the outbox, a known peer. */
function makeVersion1({ database: path, clock }: Bench, moreBytes = 0): void {
  const at = clock.wall();
  Deno.mkdirSync(join(path, ".."), { recursive: true });
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(MIGRATIONS[0]!);
  db.exec(`
    INSERT INTO folder VALUES (1, 'alice', 'alice', '${ALICE}', 'alice');
    INSERT INTO message (row, sender, id, sender_name, kind, name, epoch, seq, received_at, size, folder, file, file_key, body)
      VALUES (1, '${ALICE}', '${
    messageId(1)
  }', 'alice', 'document', 'reading.json', 1, 1, ${at}, 9, 1, 'reading.json',
        'reading.json', CAST('{"seq":1}' AS BLOB)),
      (2, '${ALICE}', '${
    messageId(2)
  }', 'alice', 'document', 'reading.json', 1, 2, ${at}, 9, 1, 'reading-2.json',
        'reading-2.json', CAST('{"seq":2}' AS BLOB));
    INSERT INTO message (row, sender, id, sender_name, kind, addressed, name, epoch, seq, received_at, size, text)
      VALUES (3, '${ALICE}', '${messageId(3)}', 'alice', 'chat', 'all', '', 1, 3, ${at}, 5, 'hello');
    INSERT INTO delivery_window VALUES (1, '${ALICE}', 1, NULL, 3, x'');
    INSERT INTO outgoing VALUES (1, '${BOB}', 7, 64, 0);
    INSERT INTO outbox VALUES (1, '${BOB}', 7, 1, '${
    messageId(9)
  }', 'document', 'a.json', NULL, NULL, 1, 2, x'5b5d');
    INSERT INTO known VALUES (1, '${BOB}', 'bob', 'trusted', 5);
    UPDATE meta SET value = 18 WHERE key = 'document bytes';
    UPDATE meta SET value = 5 WHERE key = 'chat bytes';
    PRAGMA user_version = 1;
  `);
  if (moreBytes > 0) {
    db.exec(
      "INSERT INTO outbox SELECT 2, recipient, 7, 2, 'x', kind, name, stream, addressed, at, expires, " +
        `randomblob(${moreBytes}) FROM outbox`,
    );
  }
  db.close();
}

/** What a version 1 database holds, and its version. */
function lookAt(path: string): Record<string, unknown> {
  const db = new DatabaseSync(path, { readOnly: true });
  const count = (table: string) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n;
  const found = {
    version: db.prepare("PRAGMA user_version").get()!.user_version,
    intact: db.prepare("PRAGMA integrity_check").get()!.integrity_check,
    counts: ["message", "delivery_window", "outbox", "known"].map(count),
  };
  db.close();
  return found;
}

const OLD = { version: 1, intact: "ok", counts: [3, 1, 1, 1] };

Deno.test("a database of version 1 is brought to the newest with everything in it, and a copy is kept", async () => {
  await using bench = new Bench();
  makeVersion1(bench);
  const copy = `${bench.database}.v1`;
  Deno.writeTextFileSync(copy, "left by an attempt before this one");
  const storage = await bench.open();
  assertEquals(bench.received().map(({ id, text }) => [id, text]), [
    [messageId(3), "hello"],
    [messageId(2), undefined],
    [messageId(1), undefined],
  ]);
  assertEquals(bench.files(), { "alice/reading.json": '{"seq":1}', "alice/reading-2.json": '{"seq":2}' });
  assertEquals((await storage.waiting(BOB)).map(({ id, size }) => [id, size]), [[messageId(9), 2]]);
  assertEquals((await storage.known()).map(({ name }) => name), ["bob"]);
  assertEquals((await storage.receive(aDocument(1))).saved, true);
  assertEquals(bench.received().length, 3, "what had come before is not saved again");
  await storage.close();

  assertEquals(bench.warnings.length, 1);
  assertStringIncludes(bench.warnings[0]!, copy);
  assertEquals(lookAt(copy), OLD);
  if (Deno.build.os !== "windows") assertEquals(Deno.statSync(copy).mode! & 0o777, 0o600);
  const db = new DatabaseSync(bench.database);
  assertEquals(db.prepare("PRAGMA user_version").get()!.user_version, SCHEMA_VERSION);
  const sums = db.prepare("SELECT sum(held) AS held, sum(bytes) AS bytes FROM sender").get();
  assertEquals({ ...sums }, { held: 23 + 3 * ROW_BYTES, bytes: 2 * fileCost(9) });
  const others = db.prepare("SELECT key, value FROM meta WHERE key LIKE '%bytes'").all();
  assertEquals(others.map((row) => ({ ...row })), [{ key: "sent bytes", value: 0 }]);
  db.close();
  await (await bench.open()).close();
  assertEquals(bench.warnings.length, 1, "once is enough");
});

Deno.test("what sent messages hold is what all held without the senders' sums", () => {
  using db = new DatabaseSync(":memory:");
  for (const migration of MIGRATIONS.slice(0, 5)) db.exec(migration);
  db.exec("UPDATE meta SET value = 1340 WHERE key = 'held bytes'");
  for (const [id, held] of [["a", 300], ["b", 40]]) {
    db.prepare("INSERT INTO sender (id, known, bytes, files, folders, held) VALUES (?, 0, 0, 0, 0, ?)")
      .run(id!, held!);
  }
  db.exec(MIGRATIONS[5]!);
  const sums = db.prepare("SELECT key, value FROM meta WHERE key LIKE '%bytes'").all();
  assertEquals(sums.map((row) => ({ ...row })), [{ key: "sent bytes", value: 1_000 }]);
});

Deno.test("a new database needs no copy", async () => {
  await using bench = new Bench();
  await (await bench.open()).close();
  assertEquals([...Deno.readDirSync(bench.state)].map(({ name }) => name), ["earshot.db"]);
  assertEquals(bench.warnings, []);
});

Deno.test("a program killed in the middle of it leaves version 1, which the next start brings to the newest", async () => {
  await using bench = new Bench();
  makeVersion1(bench);
  const { signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=test", PROGRAM, bench.database],
    stderr: "piped",
  }).output();
  assertEquals(signal, "SIGKILL", new TextDecoder().decode(stderr));
  assertEquals(lookAt(bench.database), OLD);
  await bench.open();
  assertEquals(bench.received().length, 3);
});

Deno.test("where the copy cannot be made nothing is changed", async () => {
  await using bench = new Bench();
  makeVersion1(bench);
  Deno.mkdirSync(`${bench.database}.v1`);
  const { message } = await assertRejects(() => bench.open(), UserError, "could not be copied");
  assert(message.includes("(it is a folder): move that folder away"), message);
  assertEquals(lookAt(bench.database), OLD);
});

Deno.test(
  "where there is no room for the copy nothing is changed, and no part of it is left",
  { ignore: lacks("lan") },
  async () => {
    await using bench = new Bench();
    const run = (program: string, ...args: string[]) =>
      assert(new Deno.Command(program, { args }).outputSync().success, program);
    Deno.mkdirSync(bench.state);
    run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", bench.state);
    try {
      makeVersion1(bench, 2_000_000);
      await assertRejects(() => bench.open(), UserError, "could not be copied");
      assertEquals(lookAt(bench.database), { ...OLD, counts: [3, 1, 2, 1] });
      assert(![...Deno.readDirSync(bench.state)].some(({ name }) => name.endsWith(".v1")));
    } finally {
      run("umount", bench.state);
    }
  },
);
