import type { SeededRandom } from "./seeded_random.ts";

/** Bytes at which decoders tend to go wrong: limits of lengths, JSON's own characters, halves of UTF-8. */
const NASTY = [...'{}[]",:\\u0019-.e \n'].map((character) => character.charCodeAt(0)).concat(
  0,
  127,
  128,
  192,
  237,
  244,
  254,
  255,
);

/** One of the samples with a few bytes flipped, replaced, taken out, doubled, or cut and joined with another sample. */
export function mutate(random: SeededRandom, samples: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = random.pick(samples).slice();
  for (let changes = random.u32() % 3 === 0 ? 4 : 1; changes > 0; changes--) {
    const at = Math.floor(random.between(0, bytes.length));
    const to = Math.min(bytes.length, at + 1 + random.u32() % 8);
    switch (random.u32() % 8) {
      case 0:
        if (bytes.length > 0) bytes[at]! ^= 1 << (random.u32() & 7);
        break;
      case 1:
        if (bytes.length > 0) bytes[at] = random.pick(NASTY);
        break;
      case 2:
        bytes = join(bytes.subarray(0, at), bytes.subarray(to));
        break;
      case 3:
        bytes = join(bytes.subarray(0, to), bytes.subarray(at));
        break;
      case 4:
        bytes = join(bytes.subarray(0, at), random.bytes(random.u32() % 5), bytes.subarray(at));
        break;
      case 5:
      case 6:
        // A digit or letter for another one, so that what is around it stays whole.
        if (bytes[at]! >= 0x30) bytes[at] = (bytes[at]! & 0xf0) | random.u32() % 10;
        break;
      default: {
        const other = random.pick(samples);
        bytes = join(bytes.subarray(0, at), other.subarray(Math.floor(random.between(0, other.length))));
      }
    }
  }
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
