import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { openForReading } from "../../../../lib/storage/database/open_database.ts";
import { documentContent } from "../../../../lib/storage/history/document.ts";
import { Places } from "../../../../lib/storage/history/message_rows.ts";
import { outboxPage } from "../../../../lib/storage/history/outbox_page.ts";
import { Reading } from "../../../../lib/storage/history/reading.ts";
import { DocumentGoneError, readPlace } from "../../../../lib/storage/history/received_file.ts";
import { aChat, aDocument, aLargeOf, Bench, BOB, messageId, takeLarge } from "../support.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Opens what queries read from. */
function readingOf(bench: Bench): Reading & Disposable {
  const db = openForReading(bench.state)!;
  const reading = new Reading(db, new Places(bench.state, bench.inbox));
  return Object.assign(reading, { [Symbol.dispose]: () => db.close() });
}

/** Reads all that comes, as text, and tells how it ended. */
async function drain(pieces: AsyncIterable<Uint8Array>): Promise<{ text: string; error?: unknown }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const piece of pieces) text += decoder.decode(piece, { stream: true });
    return { text };
  } catch (error) {
    return { text, error };
  }
}

Deno.test("a document is read from the database up to a cut, a large one from its file, all of it only if unchanged", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1, { body: '{"a":1}' }));
  await storage.receive(aChat(2, { text: "hällo" }));
  const large = encode(JSON.stringify("x".repeat(700_000)));
  const hash = createHash("sha256").update(large).digest("hex");
  await takeLarge(storage, aLargeOf(3, large.length, hash), large);
  using reading = readingOf(bench);
  const whole = documentContent(reading, { of: "received", row: 1, most: 100 });
  assertEquals([whole.body, whole.place], [encode('{"a":1}'), undefined]);
  assertEquals(documentContent(reading, { of: "received", row: 1, most: 3 }).body, encode('{"a'));
  assertEquals(documentContent(reading, { of: "received", row: 2, most: 100 }).body, encode("hällo"));
  const { body, place, message } = documentContent(reading, { of: "received", row: 3, most: 10 });
  assertEquals([body, message.size], [large.subarray(0, 10), large.length]);
  assertEquals(await drain(readPlace(place!)), { text: new TextDecoder().decode(large) });
  // As long as before, but another one: what comes is never whole.
  await Deno.writeFile(place!.path, large.with(5, 0x79));
  const { text, error } = await drain(readPlace(place!));
  assertEquals([text.length < large.length, error instanceof DocumentGoneError], [true, true]);
  await Deno.writeTextFile(place!.path, "shorter");
  const read = () => documentContent(reading, { of: "received", row: 3, most: 10 });
  assertThrows(read, DocumentGoneError, "was changed since it arrived");
  assertEquals((await drain(readPlace(place!))).error instanceof DocumentGoneError, true);
  await Deno.remove(place!.path);
  assertThrows(read, DocumentGoneError, "is gone");
  assertThrows(() => documentContent(reading, { of: "sent", row: 99, most: 1 }), UserError, "no message 99");
});

Deno.test("what waits is listed in pages, newest first, and its body can be read", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  for (let n = 1; n <= 5; n++) {
    const body = encode(`{"n":${n}}`);
    const rest = { kind: "document", name: "w.json", at: n, expires: 9e15, size: body.length, body } as const;
    await storage.enqueue(BOB, { id: messageId(n), ...rest }, "bob");
  }
  using reading = readingOf(bench);
  const first = outboxPage(reading, { limit: 3 });
  assertEquals(first.messages.map(({ at, status, peer }) => [at, status, peer.name]), [
    [5, "queued", "bob"],
    [4, "queued", "bob"],
    [3, "queued", "bob"],
  ]);
  const second = outboxPage(reading, { limit: 3, before: first.next });
  assertEquals([second.messages.map(({ at }) => at), second.next], [[2, 1], undefined]);
  const { row } = second.messages[0]!;
  assertEquals(documentContent(reading, { of: "waiting", row, most: 100 }).body, encode('{"n":2}'));
});
