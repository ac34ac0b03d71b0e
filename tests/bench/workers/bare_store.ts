// The thread of `bare.ts` for a database and files in the folder that is its name.

import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";

const scope = globalThis as unknown as {
  readonly name: string;
  onmessage: (event: MessageEvent<Uint8Array>) => void;
  postMessage(saved: number): void;
};
const db = new DatabaseSync(join(scope.name, "bare-thread.db"));
db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (body BLOB)");
const insert = db.prepare("INSERT INTO t VALUES (?)");
const place = Deno.makeTempDirSync({ dir: scope.name });
let saved = 0;

scope.onmessage = ({ data }) => {
  const path = join(place, `${saved++}.json`);
  insert.run(data);
  Deno.writeFileSync(`${path}.tmp`, data);
  Deno.renameSync(`${path}.tmp`, path);
  scope.postMessage(saved);
};
scope.postMessage(saved);
