import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";
import { JsonValidator, validateJson } from "../../../lib/protocol/json_validator.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { randomBytesNearJson, randomJson } from "../../support/random_json.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isJson(document: Uint8Array, pieces: Iterable<Uint8Array> = [document]): boolean {
  const validator = new JsonValidator();
  try {
    for (const piece of pieces) validator.push(piece);
    validator.end();
    return true;
  } catch (error) {
    assert(error instanceof ProtocolError && error.code === "not-json");
    return false;
  }
}

function isJsonToTheEngine(document: Uint8Array): boolean {
  try {
    JSON.parse(strict.decode(document));
    return true;
  } catch {
    return false;
  }
}

function* piecesOf(document: Uint8Array, random: SeededRandom): Generator<Uint8Array> {
  for (let at = 0; at < document.length;) {
    const length = Math.floor(random.between(0, 9));
    yield document.subarray(at, at += length);
  }
}

Deno.test("random documents, good and damaged, are judged as JSON.parse on strict UTF-8 judges, at any split", () => {
  const random = new SeededRandom();
  let good = 0;
  for (let run = 0; run < 6000; run++) {
    const document = run % 3 === 0 ? encode(randomJson(random, 4)) : randomBytesNearJson(random);
    const valid = isJsonToTheEngine(document);
    if (valid) good++;
    assertEquals(isJson(document), valid, document.toHex());
    assertEquals(isJson(document, piecesOf(document, random)), valid, document.toHex());
    assertEquals(isJson(document, [...document].map((byte) => Uint8Array.of(byte))), valid, document.toHex());
  }
  assert(good > 2000 && good < 5000, `${good} good ones`);
});

Deno.test("UTF-8 in a string is judged as the platform's strict decoder judges, for every beginning", () => {
  const tails = [
    [],
    [0x80],
    [0xbf],
    [0x9f, 0x80],
    [0xa0, 0x80],
    [0x8f, 0xbf, 0xbf],
    [0x90, 0x80, 0x80],
    [0x80, 0x80, 0x80],
    [0xbf, 0xbf, 0xbf],
    [0x80, 0xc0],
    [0x41],
  ];
  for (let first = 0x20; first < 256; first++) {
    for (const tail of tails) {
      const document = Uint8Array.of(0x22, first, ...tail, 0x22);
      assertEquals(isJson(document), isJsonToTheEngine(document), document.toHex());
    }
  }
});

Deno.test("the error names the first byte that cannot be, counted from 0 over all pieces", () => {
  const whereOf = (...texts: string[]) => {
    const validator = new JsonValidator();
    const fail = assertThrows(() => {
      for (const text of texts) validator.push(encode(text));
      validator.end();
    }, ProtocolError);
    const again = assertThrows(() => validator.push(encode("1")), ProtocolError);
    assertEquals(assertThrows(() => validator.end(), ProtocolError).message, again.message);
    return fail.message;
  };
  assertEquals(whereOf('{"a":1,}'), "not JSON at byte 7");
  assertEquals(whereOf('{"a"', ":1", ",}"), "not JSON at byte 7");
  assertEquals(whereOf("x"), "not JSON at byte 0");
  assertEquals(assertThrows(() => validateJson(encode("[1")), ProtocolError).message, "not JSON at byte 2");
});

Deno.test("an endless document needs no more memory than a short one", () => {
  const validator = new JsonValidator();
  validator.push(encode("["));
  const piece = encode('{"value":[1.5,"x",null]},'.repeat(4000));
  for (let i = 0; i < 20; i++) validator.push(piece);
  const before = Deno.memoryUsage();
  for (let i = 0; i < 100; i++) validator.push(piece);
  const after = Deno.memoryUsage();
  assert(after.external - before.external + after.heapUsed - before.heapUsed < 5_000_000);
  validator.push(encode("0]"));
  validator.end();
});

Deno.test("nesting bombs end at 512 levels, however long they are", () => {
  for (const open of ["[", '{"a":', '[{"a":']) {
    const message = assertThrows(() => validateJson(encode(open.repeat(1_000_000))), ProtocolError).message;
    const levels = open === '[{"a":' ? 256 * open.length : 512 * open.length;
    assertEquals(message, `nested deeper than 512 levels at byte ${levels}`);
  }
});
