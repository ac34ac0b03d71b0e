import { assert, assertEquals } from "@std/assert";
import { LINE_MAX, Lines } from "../../../../lib/gateways/plain/lines.ts";
import { FakeClock, settle } from "../../../support/fake_clock.ts";

/** A connection to the gateway, without the connection. */
class Connected {
  readonly clock = new FakeClock();
  readonly taken: string[] = [];
  readonly answers: string[] = [];
  isOver = false;
  readonly lines = new Lines({
    taken: (text, isJson) => {
      this.taken.push(`${isJson ? "json" : "chat"} ${text}`);
      return Promise.resolve(`to ${text}`);
    },
    answer: (text) => this.answers.push(text),
    end: () => this.isOver = true,
  }, this.clock);

  push(text: string | Uint8Array): boolean {
    return this.lines.push(typeof text === "string" ? new TextEncoder().encode(text) : text);
  }
}

const PIECES = [1, 7, 4096];

Deno.test("lines are cut at newlines, however they arrive, and answered in their order", async () => {
  const text = 'hello\r\n{"a":1}\n\n  \n[1]\nGET up early\ngrüße\n';
  for (const size of PIECES) {
    const connected = new Connected();
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += size) connected.push(bytes.subarray(at, at + size));
    await settle();
    assertEquals(connected.taken, [
      "chat hello",
      'json {"a":1}',
      "json [1]",
      "chat GET up early",
      "chat grüße",
    ]);
    assertEquals(connected.answers, connected.taken.map((each) => `to ${each.slice(5)}`));
  }
});

Deno.test("only a first line that is a whole request line is HTTP, and its bytes are handed over", () => {
  for (const line of ["GET / HTTP/1.1", "M-SEARCH * HTTP/1.1", "POST /a%20b?c=d HTTP/1.0"]) {
    for (const size of PIECES) {
      const connected = new Connected();
      const bytes = new TextEncoder().encode(`${line}\r\nHost: a\r\n`);
      let read = 0;
      let isHttp = false;
      while (read < bytes.length && !isHttp) {
        isHttp = connected.push(bytes.subarray(read, read + size));
        read = Math.min(bytes.length, read + size);
      }
      assertEquals(isHttp, true, line);
      assertEquals(connected.lines.unread, bytes.slice(0, read));
      assertEquals(connected.taken, []);
    }
  }
  for (const line of ["GET up early", "GET  / HTTP/1.1", "PUT it down HTTP/1.1", "hello\nGET / HTTP/1.1"]) {
    assertEquals(new Connected().push(`${line}\n`), false, line);
  }
});

Deno.test("a first text without an end is a line after a second of silence", async () => {
  for (const [text, taken] of [["Hello from ESP32", "chat"], ['{"a":[1]}', "json"]] as const) {
    const connected = new Connected();
    connected.push(text.slice(0, 4));
    await connected.clock.advance(999);
    connected.push(text.slice(4));
    await connected.clock.advance(999);
    assertEquals(connected.taken, []);
    await connected.clock.advance(1);
    assertEquals(connected.taken, [`${taken} ${text}`]);
    connected.push("again");
    await connected.clock.advance(1000);
    assertEquals(connected.taken.length, 2, "a sender that never writes newlines is understood again");
  }
});

Deno.test("silence ends no line of a sender that writes newlines, nor a long text, nor half a request", async () => {
  for (const text of ["first\nhalf a li", "x".repeat(1201), '{"a":', "GET / HTTP/1"]) {
    const connected = new Connected();
    connected.push(text);
    await connected.clock.advance(29_000);
    assertEquals(connected.taken.length, text.startsWith("first") ? 1 : 0, text.slice(0, 20));
    await connected.clock.advance(1_000);
    assertEquals(connected.answers.at(-1)?.slice(0, 14), "No! incomplete");
    assertEquals(connected.isOver, true);
  }
});

Deno.test("what is left when the sender ends is a line, and is answered before the connection ends", async () => {
  const connected = new Connected();
  connected.push("first\nlast");
  connected.lines.ended();
  await settle();
  assertEquals(connected.answers, ["to first", "to last"]);
  assertEquals(connected.isOver, true);
});

Deno.test("a first line of something else ends the connection, and nothing of it is taken", async () => {
  const openings: Uint8Array[] = [
    new Uint8Array([0x16, 3, 1, 2, 0]),
    new Uint8Array([0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42]),
    new Uint8Array([0x61, 0xff, 0x0a]),
    new Uint8Array([0x1b, 0x5b, 0x32, 0x4a, 0x0a]),
  ];
  for (const opening of openings) {
    const connected = new Connected();
    connected.push(opening);
    await connected.clock.advance(1000);
    assertEquals([connected.taken, connected.answers, connected.isOver], [[], [], true]);
  }
});

Deno.test("a later line that is no text is refused, and the connection goes on", async () => {
  const connected = new Connected();
  connected.push("a\n");
  connected.push(new Uint8Array([0xff, 0x0a]));
  connected.push("b\n");
  await settle();
  assertEquals(connected.answers, ["to a", "No! refused: a line is text in UTF-8", "to b"]);
});

Deno.test("a line of over 1 MiB is refused once, skipped, and holds no more memory than that", async () => {
  const connected = new Connected();
  const piece = new Uint8Array(LINE_MAX / 4).fill(0x61);
  for (let n = 0; n < 12; n++) connected.push(piece);
  assertEquals(connected.lines.unread.length, 0);
  connected.push("a\nnext\n");
  await settle();
  assertEquals(connected.answers, [`No! too-large: a line has at most ${LINE_MAX} bytes`, "to next"]);
  connected.push(piece);
  await connected.clock.advance(30_000);
  assertEquals(connected.isOver, true, "a line without an end ends");
  const flooding = new Connected();
  for (let n = 0; n < 24; n++) flooding.push(piece);
  await settle();
  assertEquals(flooding.isOver, true, "and one of which more and more comes");
});

Deno.test("a line that is an answer gets none and is nothing", async () => {
  const connected = new Connected();
  connected.push("Ok! 01ARZ3NDEKTSV4RRFFQ69G5FAV\nNo! not-json: it\nOk!\nhello\n");
  await settle();
  assertEquals(connected.answers, ["to hello"]);
});

Deno.test("a long first line that comes byte by byte costs no more than its bytes", () => {
  const connected = new Connected();
  const byte = new TextEncoder().encode("x");
  const before = performance.now();
  for (let n = 0; n < 60_000; n++) connected.push(byte);
  const took = performance.now() - before;
  assert(took < 5_000, `${took} ms`);
  connected.lines.close();
});
