// Saves a small document and two large ones in FOLDER, makes them durable, and prints what came of it as JSON:
// cannot_sync_program.ts FOLDER

import { createHash } from "node:crypto";
import { aDocument, aLargeOf, Bench, takeLarge } from "../support.ts";

const bench = new Bench(Deno.args[0]!);
const storage = await bench.open();
const outcomes: unknown[] = [await storage.receive(aDocument(1))];
for (const seq of [2, 3]) {
  const body = new TextEncoder().encode(JSON.stringify("x".repeat(5_000_000 + seq)));
  const sha256 = createHash("sha256").update(body).digest("hex");
  outcomes.push(await takeLarge(storage, aLargeOf(seq, body.length, sha256), body));
}
await storage.sync();
await bench.closeAll();
const again = await bench.open();
await again.sync();
await bench.closeAll();
console.log(JSON.stringify({ outcomes, warnings: bench.warnings }));
