import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";
import { RecordSplitter } from "../../../lib/protocol/record.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

function framed(record: Uint8Array): Uint8Array {
  return Uint8Array.of(record.length >> 8, record.length & 255, ...record);
}

Deno.test("records come out whole and in order however the stream is cut, also when the reader's buffer is used again", () => {
  const random = new SeededRandom();
  for (let run = 0; run < 100; run++) {
    const records = Array.from(
      { length: 20 },
      () => random.bytes(1 + Math.floor(random.between(0, run * 20))),
    );
    const stream = Uint8Array.from(records.flatMap((record) => [...framed(record)]));
    const splitter = new RecordSplitter(65535);
    const buffer = new Uint8Array(4096);
    const seen: Uint8Array[] = [];
    for (let at = 0; at < stream.length;) {
      const length = Math.min(Math.ceil(random.between(0, 4096)), stream.length - at);
      buffer.set(stream.subarray(at, at + length));
      splitter.push(buffer.subarray(0, length));
      for (let record = splitter.next(); record; record = splitter.next()) seen.push(record.slice());
      buffer.fill(0xee);
      at += length;
    }
    assertEquals(seen, records);
    assertEquals(splitter.buffered, 0);
  }
});

Deno.test("records that are given out stand beside each other until more arrives", () => {
  const random = new SeededRandom();
  const splitter = new RecordSplitter(65535);
  for (let run = 0; run < 100; run++) {
    const records = Array.from({ length: 20 }, () => random.bytes(1 + random.u32() % 3000));
    splitter.push(Uint8Array.from(records.flatMap((record) => [...framed(record)])));
    assertEquals(records.map(() => splitter.next()), records);
  }
});

Deno.test("storage takes twice the longest record at most, however much goes through", () => {
  const splitter = new RecordSplitter(65535);
  const record = framed(new Uint8Array(65535));
  let most = 0;
  for (let at = 0; at < 100 * record.length;) {
    const room = splitter.room();
    const count = Math.min(room.length, 50_000, record.length - at % record.length);
    room.set(record.subarray(at % record.length, at % record.length + count));
    splitter.filled(count);
    at += count;
    most = Math.max(most, room.buffer.byteLength);
    while (splitter.next());
  }
  assertEquals(most, 131_072);
});

Deno.test("several chunks may be pushed before the first record is taken", () => {
  const splitter = new RecordSplitter(100);
  const stream = Uint8Array.from([...framed(Uint8Array.of(1, 2, 3)), ...framed(Uint8Array.of(4))]);
  for (const byte of stream) splitter.push(Uint8Array.of(byte));
  assertEquals(splitter.buffered, 8);
  assertEquals([splitter.next(), splitter.next(), splitter.next()], [
    Uint8Array.of(1, 2, 3),
    Uint8Array.of(4),
    undefined,
  ]);
});

Deno.test("a length over the limit is refused with its second byte, before anything behind it arrives", () => {
  const splitter = new RecordSplitter(512);
  splitter.push(Uint8Array.of(2));
  assertEquals(splitter.next(), undefined);
  splitter.push(Uint8Array.of(1));
  assertEquals(assertThrows(() => splitter.next(), ProtocolError).code, "too-long");
  assertEquals(assertThrows(() => splitter.next(), ProtocolError).code, "too-long");
});

Deno.test("a declared length takes no memory", () => {
  const before = Deno.memoryUsage();
  const splitters = Array.from({ length: 5000 }, () => {
    const splitter = new RecordSplitter(65535);
    splitter.push(Uint8Array.of(255, 255, 1));
    splitter.next();
    return splitter;
  });
  const { external, heapUsed } = Deno.memoryUsage();
  assertEquals(splitters[0]!.buffered, 3);
  assert(
    external - before.external + heapUsed - before.heapUsed < 5000 * 6553,
    "over a tenth of what was declared",
  );
});

Deno.test("the limit may change between handshake and records without losing what has arrived", () => {
  const splitter = new RecordSplitter(4);
  splitter.push(Uint8Array.of(0, 1, 9, 0, 6, 1, 2));
  assertEquals(splitter.next(), Uint8Array.of(9));
  splitter.maxLength = 6;
  assertEquals(splitter.next(), undefined);
  splitter.push(Uint8Array.of(3, 4, 5, 6));
  assertEquals(splitter.next(), Uint8Array.of(1, 2, 3, 4, 5, 6));
});
