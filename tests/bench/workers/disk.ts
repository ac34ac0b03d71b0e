// What the disk does without us: `disk.ts FOLDER`.

import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { documentOf, serve, timeRounds } from "../harness/serve.ts";

const [folder] = Deno.args as [string];
const db = new DatabaseSync(join(folder, "bare.db"));
db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (body BLOB)");
const insert = db.prepare("INSERT INTO t VALUES (?)");
let made = 0;

/** Creating files is many times slower right after many were deleted: each turn has a folder of its own. */
function turn(count: number, each: (path: string, n: number) => void): number {
  const place = join(folder, `turn-${made++}`);
  Deno.mkdirSync(place);
  const begin = performance.now();
  for (let n = 0; n < count; n++) each(join(place, `${n}.json`), n);
  return count / ((performance.now() - begin) / 1_000);
}

await serve(null, {
  created: (count: number) =>
    turn(count, (path, n) => Deno.writeFileSync(path, documentOf(n), { createNew: true })),
  synced: (count: number) =>
    turn(count, (path, n) => {
      using file = Deno.openSync(path, { write: true, createNew: true });
      file.writeSync(documentOf(n));
      file.syncDataSync();
    }),
  commitsOf64: (count: number) =>
    turn(count, (_, n) => {
      if (n % 64 === 0) db.exec("BEGIN");
      insert.run(documentOf(n));
      if (n % 64 === 63 || n === count - 1) db.exec("COMMIT");
    }),
  commitAndFile: (count: number) => {
    const place = Deno.makeTempDirSync({ dir: folder });
    let n = 0;
    return timeRounds(count, () => {
      const path = join(place, `${n}.json`);
      insert.run(documentOf(n++));
      Deno.writeFileSync(`${path}.tmp`, documentOf(n));
      Deno.renameSync(`${path}.tmp`, path);
      return Promise.resolve();
    });
  },
});
