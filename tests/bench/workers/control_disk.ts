// The thread of control.ts that hashes and writes a document, and checks it if it is told so.

import { createHash } from "node:crypto";
import { JsonValidator } from "../../../lib/protocol/json_validator.ts";

/** What the thread is told: first the file, then its pieces, at last the end. */
export type Told =
  | { readonly path: string; readonly isChecked: boolean }
  | { readonly memory: Uint8Array<ArrayBuffer>; readonly length: number }
  | "end";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Told>) => void;
  postMessage(message: Uint8Array | string, transfer?: Transferable[]): void;
};
const hash = createHash("sha256");
const validator = new JsonValidator();
let file: Deno.FsFile;
let isChecked = false;
let unsynced = 0;
let syncing: Promise<void> | undefined;
const SYNC_BYTES = 4 * 2 ** 20;

scope.onmessage = ({ data }) => {
  if (data === "end") return void end();
  if ("path" in data) {
    file = Deno.openSync(data.path, { write: true, createNew: true });
    isChecked = data.isChecked;
    return;
  }
  const piece = data.memory.subarray(0, data.length);
  if (isChecked) validator.push(piece);
  hash.update(piece);
  for (let done = 0; done < piece.length;) done += file.writeSync(piece.subarray(done));
  unsynced += piece.length;
  if (unsynced >= SYNC_BYTES && !syncing) {
    unsynced = 0;
    syncing = file.syncData().finally(() => syncing = undefined);
  }
  scope.postMessage(data.memory, [data.memory.buffer]);
};

async function end(): Promise<void> {
  await syncing;
  if (isChecked) validator.end();
  file.syncSync();
  file.close();
  scope.postMessage(hash.digest("hex"));
}
