import type { Taken } from "../../peer/door.ts";

/** Longest answer, characters: it must not be much longer than what it answers. */
const ANSWER_MAX = 120;

/** Name of a document that has none, and the stream of those that are lines. */
export const PLAIN_NAME = "plain.json";
export const PLAIN_STREAM = "plain";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a text; undefined if it is not UTF-8, or has control characters other than tab and line ends. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (hasControl(bytes)) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** True if there are control characters other than tab and line ends. */
export function hasControl(bytes: Uint8Array): boolean {
  return bytes.some((byte) =>
    (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte === 0x7f
  );
}

/** True if a text is to be taken for JSON: an object or an array. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

/** True if a text is an answer of a gateway, or an echo of one: it gets none, or two programs would answer for ever. */
export function isAnswer(text: string): boolean {
  return /^\s*(?:Ok!|No!)/.test(text);
}

/** Returns the answer to a message. @param id true to name the id of what was taken */
export function answerTo(taken: Taken, id = false): string {
  if (taken.taken) return id ? `Ok! ${taken.id}` : "Ok!";
  return no(taken.code, taken.why);
}

/** Returns the answer to what was not taken. */
export function no(code: string, why?: string): string {
  const text = why === undefined ? `No! ${code}` : `No! ${code}: ${why.replace(/\.$/, "")}`;
  return [...text].slice(0, ANSWER_MAX).join("");
}

/** Returns what somebody said as one line, which is never taken for an answer, whatever the name. */
export function saidLine(name: string, text: string): string {
  // deno-lint-ignore no-control-regex
  const line = `${name}: ${text}`.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trimEnd();
  return isAnswer(line) ? `- ${line}` : line;
}

/** Returns JSON as one line, for a stream; other text as it is. */
export function jsonLineOf(text: string): string {
  return isJson(text) ? text.replaceAll(/[\r\n]+/g, " ") : text;
}

/** Returns the bytes of a datagram without the zero that programs in C send at its end. */
export function withoutZeros(data: Uint8Array): Uint8Array {
  return data.subarray(0, data.findLastIndex((byte) => byte !== 0) + 1);
}

/** True if a short text is complete JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
