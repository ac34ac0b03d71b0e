// The page of `earshot web` over a history with many readings: `page.ts FOLDER DOCUMENTS STREAMS`.

import { openWeb } from "../../../lib/gateways/web/web.ts";
import { newSecret } from "../../../lib/gateways/web/tickets.ts";
import { PagePort } from "../../../lib/net/page_port.ts";
import { systemClock } from "../../../lib/platform/clock.ts";
import { databasePath, openDatabase } from "../../../lib/storage/database/open_database.ts";
import { HistoryThread } from "../../../lib/storage/threads/history_thread.ts";
import { FakeService } from "../../unit/control/fake_service.ts";
import { serve } from "../harness/serve.ts";

/** Interval of the readings of a stream, milliseconds. */
const INTERVAL = 10_000;

const [state = "", count = "0", streams = "1"] = Deno.args;
const documents = Number(count);
const boards = Number(streams);

const db = openDatabase(databasePath(state));
const insert = db.prepare(
  `INSERT INTO message (sender, id, sender_name, kind, name, stream, received_at, size, body)
   VALUES (?, ?, ?, 'document', ?, 'environment', ?, ?, ?)`,
);
const begin = Date.now() - documents / boards * INTERVAL;
db.exec("BEGIN");
for (let i = 0; i < documents; i++) add(i);
db.exec("COMMIT");

const service = new FakeService();
const port = PagePort.open("127.0.0.1", [0]);
const token = newSecret();
using history = new HistoryThread({ state, inbox: state });
const web = openWeb({ state, service, history, port, token, clock: systemClock });
const bare = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  () =>
    new Response("<!DOCTYPE html><title>Bare</title><h1>Bare</h1>", {
      headers: { "content-type": "text/html" },
    }),
);
const origin = (port: number) => `http://127.0.0.1:${port}/`;
await serve({ address: `${origin(port.port)}#token=${token}`, bare: origin(bare.addr.port) }, {});
await bare.shutdown();
await web.close();
db.close();

function add(i: number): void {
  const { id, name } = board(i % boards);
  const at = begin + Math.floor(i / boards) * INTERVAL;
  const body = new TextEncoder().encode(JSON.stringify({
    t: new Date(at).toISOString(),
    temperature: 20 + 5 * Math.sin(i / 20_000) + Math.sin(i * 7919) / 4,
    humidity: 55 + 10 * Math.cos(i / 30_000) + Math.sin(i * 104_729),
    battery: { volts: 4.1 - i / documents / 2 },
    heap: 180_000 + i % 977,
    state: i === 0 ? "overheated" : "ok",
  }));
  insert.run(id, messageId(i), name, `reading-${i + 1}.json`, at, body.length, body);
}

function board(n: number): { readonly id: string; readonly name: string } {
  return { id: String.fromCharCode(97 + n).repeat(24), name: `board-${n + 1}` };
}

function messageId(n: number): string {
  return n.toString(32).toUpperCase().padStart(26, "0");
}
