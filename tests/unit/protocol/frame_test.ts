import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";
import { decodeFrames, encodeFrame, FRAME_HEADER_BYTES, FRAME_MAX } from "../../../lib/protocol/frame.ts";

const codeOf = (fn: () => unknown) => assertThrows(fn, ProtocolError).code;

Deno.test("frames of any type, with and without head and body, come back from one record", () => {
  const body = Uint8Array.of(1, 2, 3);
  const plaintext = Uint8Array.from([
    ...encodeFrame(3, { seq: 1, name: "ä" }, body),
    ...encodeFrame(6, {}),
    ...encodeFrame(255, { a: null }),
    ...encodeFrame(0, {}, body),
  ]);
  assertEquals(decodeFrames(plaintext).map(({ type, head, body }) => ({ type, head: { ...head }, body })), [
    { type: 3, head: { seq: 1, name: "ä" }, body },
    { type: 6, head: {}, body: new Uint8Array() },
    { type: 255, head: { a: null }, body: new Uint8Array() },
    { type: 0, head: {}, body },
  ]);
});

Deno.test("a frame that is cut off anywhere is refused", () => {
  const frame = encodeFrame(3, { seq: 1 }, Uint8Array.of(1, 2, 3));
  for (let length = 0; length < frame.length; length++) {
    assertEquals(codeOf(() => decodeFrames(frame.subarray(0, length))), "too-short");
  }
});

Deno.test("a body is a view: a record of documents is not copied", () => {
  const frame = encodeFrame(3, { seq: 1 }, new Uint8Array(1000));
  assertStrictEquals(decodeFrames(frame)[0]!.body.buffer, frame.buffer);
});

Deno.test("a frame takes what the largest record holds and not a byte more", () => {
  const room = FRAME_MAX - FRAME_HEADER_BYTES;
  assertEquals(FRAME_MAX, 65535 - 16);
  assertEquals(encodeFrame(4, {}, new Uint8Array(room)).length, FRAME_MAX);
  assertEquals(codeOf(() => encodeFrame(4, {}, new Uint8Array(room + 1))), "too-long");
});

Deno.test("a head takes 512 bytes, counted as UTF-8, and not one more", () => {
  const name = "ä".repeat(250);
  assertEquals(decodeFrames(encodeFrame(3, { name: name + "x" }))[0]!.head.name, name + "x");
  assertEquals(codeOf(() => encodeFrame(3, { name: name + "xx" })), "too-long");
  assertEquals(codeOf(() => encodeFrame(3, { name: "x".repeat(1_000_000) })), "too-long");
  assertEquals(codeOf(() => encodeFrame(3, { name: "\ud800" })), "bad-field");
});

Deno.test("a frame stays as it is while others are written", () => {
  const frames = Array.from(
    { length: 1000 },
    (_, seq) => encodeFrame(4, { seq }, new Uint8Array(100).fill(seq)),
  );
  frames.forEach((frame, seq) => {
    const [{ head, body }] = decodeFrames(frame) as [ReturnType<typeof decodeFrames>[0]];
    assertEquals([head.seq, body], [seq, new Uint8Array(100).fill(seq)]);
  });
});
