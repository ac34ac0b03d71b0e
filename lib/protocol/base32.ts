import { ProtocolError } from "./protocol_error.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Encodes base32 of RFC 4648, lower case, without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

/**
 * Decodes exactly the output of {@linkcode encodeBase32}. Upper case, padding, impossible lengths and leftover bits
 * other than zero are refused, so that every value has one spelling.
 *
 * @throws {ProtocolError} `bad-base32`
 */
export function decodeBase32(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(text.length * 5 / 8));
  let filled = 0;
  let bits = 0;
  let value = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw new ProtocolError("bad-base32", "base32 has a character outside a-z and 2-7");
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[filled++] = value >> bits;
    }
  }
  if (bits >= 5) throw new ProtocolError("bad-base32", "base32 has an impossible length");
  if ((value & ((1 << bits) - 1)) !== 0) {
    throw new ProtocolError("bad-base32", "base32 has leftover bits");
  }
  return bytes;
}
