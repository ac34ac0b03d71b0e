// The least that a stream of small documents needs if each is checked, sealed, and durable before it is acknowledged, with
// the rows of the history at both ends: `bare_stream.ts take FOLDER`, or `bare_stream.ts give FOLDER PORT`. There are no
// names, no other senders, no limits; nothing is looked up, sent again or told.

import { join } from "@std/path";
import { decodeMessages, type DocumentMessage, encodeMessage } from "../../../lib/protocol/message.ts";
import { validateJson } from "../../../lib/protocol/json_validator.ts";
import { joinBytes } from "../../../lib/platform/join_bytes.ts";
import { openDatabase } from "../../../lib/storage/database/open_database.ts";
import { markOf } from "../../../lib/storage/engine/known_messages.ts";
import { toLines } from "../../../lib/storage/files/files.ts";
import { Store } from "../../../lib/storage/tables/store.ts";
import { SealedConnection } from "../harness/sealed_connection.ts";
import { documentOf, ratePerSecond, serve } from "../harness/serve.ts";

/** Most documents in a transaction, and bytes of frames in a record. */
const BATCH = 256;
const RECORD = 65_000;
/** Id of the other side in the history. */
const PEER = "abcdefghijklmnopqrstuvwx";

/** Documents on their way to the thread: their ids, and their bodies one behind the other. */
interface Batch {
  readonly ids: readonly string[];
  readonly lengths: readonly number[];
  readonly bodies: Uint8Array<ArrayBuffer>;
}

const scope = globalThis as unknown as {
  readonly name: string;
  onmessage: (event: MessageEvent<Batch>) => void;
  postMessage(count: number): void;
};
const [role, folder, port] = Deno.args as [string, string, string?];

function writeAllSync(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** The thread for the disk. */
function keepOnDisk(): void {
  const store = new Store(openDatabase(join(folder, `bare-stream-${role}.db`)));
  const file = Deno.openSync(join(folder, `bare-stream-${role}.jsonl`), { append: true, create: true });
  const line = { file: { row: 1, folder: 1, file: "bench.jsonl", length: 0 }, offset: 0 };
  scope.onmessage = ({ data: { ids, lengths, bodies } }) => {
    let at = 0;
    const documents = lengths.map((length) => bodies.subarray(at, at += length));
    const now = Date.now();
    store.transaction(() => {
      for (const [i, id] of ids.entries()) {
        const body = documents[i]!;
        const message = { kind: "document", id, name: "a.json", stream: "bench", at: now, body } as const;
        if (role === "take") {
          const incoming = { ...message, sender: PEER, senderName: "giver", turn: 0 };
          store.messages.addDocument(incoming, "a.json", { folder: 1, line }, markOf(body), now);
        } else {
          const end = { recipientName: "taker", endedAt: now, status: "delivered" } as const;
          store.sent.add({ ...message, ...end, recipient: PEER, size: body.length });
        }
      }
    });
    if (role === "take") writeAllSync(file, toLines(documents));
    scope.postMessage(ids.length);
  };
}

/** The thread as the main one sees it: it has one batch, and the next one is gathered. */
class Disk {
  readonly #thread = new Worker(import.meta.url, { type: "module", name: "disk" });
  #waiting: { readonly id: string; readonly body: Uint8Array }[] = [];
  #isBusy = false;

  /** @param kept called with the number of documents that are durable now, in order */
  constructor(kept: (count: number) => void) {
    this.#thread.onmessage = ({ data }: MessageEvent<number>) => {
      this.#isBusy = false;
      this.#post();
      kept(data);
    };
  }

  keep(documents: readonly { readonly id: string; readonly body: Uint8Array }[]): void {
    this.#waiting.push(...documents);
    this.#post();
  }

  #post(): void {
    if (this.#isBusy || this.#waiting.length === 0) return;
    const some = this.#waiting.splice(0, BATCH);
    const lengths = some.map(({ body }) => body.length);
    const bodies = joinBytes(some.map(({ body }) => body));
    this.#isBusy = true;
    this.#thread.postMessage({ ids: some.map(({ id }) => id), lengths, bodies }, [bodies.buffer]);
  }
}

async function take(): Promise<void> {
  const { port, connection } = await SealedConnection.listen();
  void connection.then(async (connection) => {
    let last = 0;
    const disk = new Disk((count) => {
      const seqs = Array.from({ length: count }, () => ++last);
      void connection.write(encodeMessage({ type: "ack", seqs }));
    });
    for (let record; (record = await connection.read());) {
      const documents = decodeMessages(record) as DocumentMessage[];
      for (const { body } of documents) validateJson(body);
      disk.keep(documents);
    }
  });
  await serve({ port }, {});
}

async function give(port: number): Promise<void> {
  const connection = await SealedConnection.dial(port);
  const disk = new Disk(() => {});
  const pending = new Map<number, { readonly id: string; readonly body: Uint8Array; done: () => void }>();
  const frames: Uint8Array[] = [];
  let seq = 0;
  let isWriting = false;
  const write = async () => {
    if (isWriting) return;
    isWriting = true;
    await Promise.resolve();
    while (frames.length > 0) {
      const record: Uint8Array[] = [];
      let length = 0;
      while (frames.length > 0 && (length += frames[0]!.length) <= RECORD) record.push(frames.shift()!);
      await connection.write(joinBytes(record));
    }
    isWriting = false;
  };
  void (async () => {
    for (let record; (record = await connection.read());) {
      for (const message of decodeMessages(record)) {
        const seqs = message.type === "ack" ? message.seqs : [];
        const ended = seqs.map((seq) => pending.get(seq)!);
        for (const seq of seqs) pending.delete(seq);
        disk.keep(ended);
        for (const { done } of ended) done();
      }
    }
  })();
  const one = (n: number): Promise<void> => {
    const body = documentOf(n);
    validateJson(body);
    const id = `${++seq}`.padStart(26, "0");
    const head = { type: "document", seq, id, name: "a.json", size: body.length, at: Date.now() } as const;
    frames.push(encodeMessage({ ...head, stream: "bench", body }));
    void write();
    return new Promise((done) => pending.set(seq, { id, body, done }));
  };
  await serve(null, {
    ingest: ({ count, underWay }: { count: number; underWay: number }) => ratePerSecond(count, underWay, one),
  });
}

if (scope.name === "disk") keepOnDisk();
else if (role === "give") await give(Number(port));
else await take();
