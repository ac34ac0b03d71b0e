import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { SCHEMA_VERSION } from "../../../../lib/storage/tables/schema.ts";
import { aChat, aDocument, Bench } from "../support.ts";

const permissions = (path: string) => Deno.statSync(path).mode! & 0o777;

Deno.test("nobody else may read the state", { ignore: Deno.build.os === "windows" }, async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aChat(1));
  assertEquals(permissions(bench.state), 0o700);
  for (const suffix of ["", "-wal", "-shm"]) assertEquals(permissions(bench.database + suffix), 0o600);
});

Deno.test("a database of a newer Earshot is refused, and stays as it is", async () => {
  await using bench = new Bench();
  await (await bench.open()).close();
  const db = new DatabaseSync(bench.database);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  db.close();
  const before = Deno.readFileSync(bench.database);
  const error = await assertRejects(() => bench.open(), UserError, "newer Earshot");
  assert(error.message.includes(`version ${SCHEMA_VERSION + 1}`));
  assertEquals(Deno.readFileSync(bench.database), before);
});

Deno.test("a damaged database is reported and never replaced", async () => {
  await using bench = new Bench();
  Deno.mkdirSync(bench.state);
  const garbage = "not a database ".repeat(1000);
  Deno.writeTextFileSync(bench.database, garbage);
  await assertRejects(() => bench.open(), UserError, "restore it from a copy");
  assertEquals(Deno.readTextFileSync(bench.database), garbage);
});

Deno.test("a state folder that cannot be used is told in one sentence", async () => {
  await using bench = new Bench();
  Deno.writeTextFileSync(join(bench.root, "file"), "");
  await assertRejects(() => bench.open({ state: join(bench.root, "file") }), UserError, "cannot be opened");
});

Deno.test("everything in the database survives being opened again by the same version", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await first.receive(aDocument(1));
  await first.close();
  const db = new DatabaseSync(bench.database);
  assertEquals(db.prepare("PRAGMA user_version").get()!.user_version, SCHEMA_VERSION);
  assertEquals(db.prepare("PRAGMA integrity_check").get()!.integrity_check, "ok");
  // As `earshot inbox sql` will ask.
  const row = db.prepare("SELECT json_extract(body, '$.seq') AS seq FROM message").get();
  assertEquals(row!.seq, 1);
  db.close();
});
