/** Objects that a process writes as lines of JSON. */
export async function* jsonLines<T>(input: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  let rest = "";
  for await (const chunk of input.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    for (const part of parts) if (part !== "") yield JSON.parse(part);
  }
}

/** Encodes an object as a line of JSON. */
export function jsonLine(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value) + "\n");
}
