const [QUOTE, BACKSLASH, SLASH, STAR, COMMA, NEWLINE] = [...'"\\/*,\n'].map((character) =>
  character.charCodeAt(0)
);
const [OPENERS, CLOSERS, BLANKS] = ["[{:,", "]}", " \t\r\n"].map((set) =>
  new Set([...set].map((character) => character.charCodeAt(0)))
);

/** A document without its comments and trailing commas. */
export interface Stripped {
  /** The rest, byte for byte as it was, numbers and strings included. */
  readonly bytes: Uint8Array;
  /** As long as the original, with blanks for what was removed, so that offsets of errors fit the original. */
  readonly blanked: Uint8Array;
}

/** Removes comments of both kinds and trailing commas. Does not check that the rest is JSON. */
export function stripJsonc(document: Uint8Array): Stripped {
  const removed = new Uint8Array(document.length);
  let last = 0;
  let comma = -1;
  for (let i = 0; i < document.length;) {
    const byte = document[i]!;
    const end = byte === QUOTE ? stringEnd(document, i) : commentEnd(document, i);
    if (end > i && byte === SLASH) removed.fill(1, i, end);
    else if (!BLANKS!.has(byte)) {
      if (CLOSERS!.has(byte) && comma >= 0) removed[comma] = 1;
      // A comma that follows no value is an error, not a trailing comma.
      comma = byte === COMMA && !OPENERS!.has(last) && last !== 0 ? i : -1;
      last = byte;
    }
    i = Math.max(end, i + 1);
  }
  return {
    bytes: document.filter((_, i) => removed[i] === 0),
    blanked: document.map((byte, i) => removed[i] === 0 || byte === NEWLINE ? byte : 0x20),
  };
}

/** Returns the offset of the end of the string that begins at `start`. */
function stringEnd(document: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < document.length && document[i] !== QUOTE) i += document[i] === BACKSLASH ? 2 : 1;
  return Math.min(i + 1, document.length);
}

/** Returns the offset of the end of the comment that begins at `start`; `start` if there is none, or it never ends. */
function commentEnd(document: Uint8Array, start: number): number {
  if (document[start] !== SLASH) return start;
  if (document[start + 1] === SLASH) {
    const end = document.indexOf(NEWLINE!, start);
    return end < 0 ? document.length : end;
  }
  if (document[start + 1] !== STAR) return start;
  for (let i = start + 2; i + 1 < document.length; i++) {
    if (document[i] === STAR && document[i + 1] === SLASH) return i + 2;
  }
  return start;
}
