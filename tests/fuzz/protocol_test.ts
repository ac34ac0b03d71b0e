import { assert, assertEquals } from "@std/assert";
import {
  decodeAnnouncement,
  decodeRelay,
  encodeAnnouncement,
  encodeRelay,
} from "../../lib/protocol/announcement.ts";
import { ProtocolError } from "../../lib/protocol/protocol_error.ts";
import { encodeFlat, type FlatObject, parseFlat } from "../../lib/protocol/flat_json.ts";
import { decodeHandshakePayload, encodeHandshakePayload } from "../../lib/protocol/handshake_payload.ts";
import { validateJson } from "../../lib/protocol/json_validator.ts";
import { decodeMessages, encodeMessage, type Message } from "../../lib/protocol/message.ts";
import { RecordSplitter } from "../../lib/protocol/record.ts";
import { mutate } from "../support/mutate.ts";
import { SeededRandom } from "../support/seeded_random.ts";

interface Sample {
  readonly hex: string;
  readonly key?: string;
}

/** The vectors of a file are what the mutations start from; long ones would only make them slow. */
function samplesOf(file: string, ...lists: string[]): Uint8Array[] {
  const vectors = JSON.parse(Deno.readTextFileSync(new URL(`../vectors/${file}`, import.meta.url)));
  const samples = lists.flatMap((list) => vectors[list] as Sample[])
    .filter(({ hex, key }) => hex.length < 3000 && key === undefined)
    .map(({ hex }) => Uint8Array.fromHex(hex));
  assert(samples.length >= 5);
  return samples;
}

/**
 * Feeds a decoder with mutations: it gives a value or a ProtocolError, nothing else ever. `verify` looks at a value.
 * At least so many must have passed, and not all, or
 * the run has shown nothing.
 */
function fuzz<T>(
  runs: number,
  samples: readonly Uint8Array[],
  decode: (input: Uint8Array) => T,
  verify: (value: T, input: Uint8Array) => void,
  atLeast = runs / 100,
): void {
  const random = new SeededRandom();
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    const input = random.u32() % 20 === 0 ? random.bytes(random.u32() % 64) : mutate(random, samples);
    try {
      let value: T;
      try {
        value = decode(input);
      } catch (error) {
        if (error instanceof ProtocolError) continue;
        throw error;
      }
      passed++;
      verify(value, input);
    } catch (cause) {
      throw new Error(`input ${input.toHex()}`, { cause });
    }
  }
  assert(passed >= atLeast && passed < runs, `${passed} of ${runs} passed`);
}

Deno.test("an open announcement is refused or says the same when it is written again, whatever comes in", () => {
  const samples = samplesOf("announcements.json", "written", "read");
  fuzz(20_000, samples, decodeAnnouncement, (announcement) => {
    assertEquals(decodeAnnouncement(encodeAnnouncement(announcement)), announcement);
  });
});

Deno.test("no sealed announcement gets through but one that was sealed, whatever comes in", () => {
  const { written } = JSON.parse(
    Deno.readTextFileSync(new URL("../vectors/announcements.json", import.meta.url)),
  );
  const sealed = (written as Sample[]).filter(({ key }) => key !== undefined);
  const key = Uint8Array.fromHex(sealed[0]!.key!);
  const samples = sealed.map(({ hex }) => Uint8Array.fromHex(hex));
  fuzz(10_000, samples, (input) => decodeAnnouncement(input, key), (_, input) => {
    assert(sealed.some(({ hex }) => hex === input.toHex()));
  }, 0);
});

Deno.test("a relay is refused or says the same when it is wrapped again, whatever comes in", () => {
  fuzz(10_000, samplesOf("announcements.json", "relays", "malformed_relays"), decodeRelay, (relay, input) => {
    assertEquals(encodeRelay(relay.address, relay.port, relay.datagram), input);
  });
});

Deno.test("a record's plaintext is refused or says the same when it is written again, whatever comes in", () => {
  const samples = samplesOf(
    "frames.json",
    "messages",
    "plaintexts",
    "malformed_messages",
    "malformed_plaintexts",
  );
  fuzz(40_000, samples, decodeMessages, (messages) => {
    for (const message of messages) assertEquals(decodeMessages(encodeMessage(message)), [shown(message)]);
  });
});

/** A reason is made printable when it is written. */
function shown(message: Message): Message {
  if (message.type !== "nak" && message.type !== "close") return message;
  const [written] = decodeMessages(encodeMessage(message));
  assert(written?.type === message.type);
  return { ...message, why: written.why };
}

Deno.test("a flat object is refused or says the same when it is written again, whatever comes in", () => {
  fuzz(40_000, samplesOf("frames.json", "flat", "malformed_flat"), parseFlat, (object) => {
    const entries = Object.entries(object).filter(([, value]) => !Number.isNaN(value));
    const rest: FlatObject = Object.fromEntries(entries);
    assertEquals({ ...parseFlat(encodeFlat(rest)) }, rest);
  });
});

Deno.test("a handshake payload is refused or says the same when it is written again, whatever comes in", () => {
  const samples = samplesOf("frames.json", "handshake_payloads");
  fuzz(20_000, samples, decodeHandshakePayload, (payload) => {
    assertEquals(decodeHandshakePayload(encodeHandshakePayload(payload)), payload);
  });
});

Deno.test("a stream gives the same records however it is cut, and is refused at the same place, whatever comes in", () => {
  const random = new SeededRandom();
  const split = (stream: Uint8Array, step: () => number) => {
    const splitter = new RecordSplitter(64);
    const seen: string[] = [];
    try {
      for (let at = 0; at < stream.length;) {
        splitter.push(stream.subarray(at, at += step()));
        for (let record = splitter.next(); record; record = splitter.next()) seen.push(record.toHex());
      }
    } catch (error) {
      assert(error instanceof ProtocolError);
      seen.push(error.code);
    }
    return seen;
  };
  const samples = samplesOf("frames.json", "records", "malformed_records");
  for (let run = 0; run < 5000; run++) {
    const stream = mutate(random, samples);
    const whole = split(stream, () => stream.length);
    assertEquals(split(stream, () => 1), whole, stream.toHex());
    assertEquals(split(stream, () => 1 + random.u32() % 40), whole, stream.toHex());
  }
});

Deno.test("a document is JSON exactly where the platform's own strict readers say so, whatever comes in", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const samples = samplesOf("json.json", "documents").filter(({ length }) => length < 200);
  fuzz(40_000, samples, (input) => {
    let valid = true;
    try {
      JSON.parse(strict.decode(input));
    } catch {
      valid = false;
    }
    try {
      validateJson(input);
      assert(valid, "JSON only to us");
    } catch (error) {
      assert(!(error instanceof ProtocolError && valid), "JSON, but not to us");
      throw error;
    }
  }, () => {});
});
