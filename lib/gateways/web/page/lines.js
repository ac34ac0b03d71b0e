// JSON lines out of a stream of bytes.

/** Longest line that is taken, characters: the server sends none that long. */
const LINE_MAX = 16 * 1024 * 1024;

/**
 * Calls `onLine` with each value of a stream of JSON lines, until it ends. A line that is no JSON is left out.
 *
 * @param {ReadableStream<Uint8Array>} stream
 * @param {(value: any) => void} onLine
 */
export async function readLines(stream, onLine) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  /** @type {string[]} */
  let pieces = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = decoder.decode(value, { stream: !done }).split("\n");
      lines.forEach((text, at) => {
        if (at > 0) {
          take(pieces.join(""), onLine);
          pieces = [];
          length = 0;
        }
        pieces.push(text);
        length += text.length;
      });
      if (length > LINE_MAX) throw new Error("A line of the answer is too long.");
      if (done) break;
    }
    take(pieces.join(""), onLine);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * @param {string} line
 * @param {(value: any) => void} onLine
 */
function take(line, onLine) {
  if (line.trim() === "") return;
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    return;
  }
  onLine(value);
}
