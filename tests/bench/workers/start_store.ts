// The store of `start.ts`, in the folder that its thread is named after.

import { DatabaseSync } from "node:sqlite";

const scope = globalThis as unknown as {
  readonly name: string;
  onmessage: (event: MessageEvent<Uint8Array>) => void;
  postMessage(message: null): void;
};
const database = new DatabaseSync(`${scope.name}/control.db`);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
database.exec("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, body BLOB)");
const insert = database.prepare("INSERT INTO messages (body) VALUES (?)");
scope.onmessage = ({ data }) => {
  insert.run(data);
  scope.postMessage(null);
};
