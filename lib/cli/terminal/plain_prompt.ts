import type { Output } from "./output.ts";
import type { PromptOptions } from "./prompt.ts";

/** A prompt for terminals that only print: the system edits the lines, and they arrive whole. */
export class PlainPrompt {
  readonly #out: Pick<Output, "line">;
  readonly #options: PromptOptions;
  #closed = false;

  constructor(out: Pick<Output, "line">, options: PromptOptions, input: ReadableStream<Uint8Array>) {
    this.#out = out;
    this.#options = options;
    void this.#read(input);
  }

  /** Prints lines. */
  print(text: string): void {
    this.#out.line(text);
  }

  /** Stops taking lines. */
  close(): void {
    this.#closed = true;
  }

  async #read(input: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (
      const text of input.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    ) {
      if (this.#closed) return;
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (!this.#closed) this.#options.line({ text: line.replace(/\r$/, ""), pasted: false });
      }
    }
    if (!this.#closed) this.#options.ended();
  }
}
