import process from "node:process";
import { createInterface, type Interface } from "node:readline";

/** What `node:readline` has beside its declared interface. */
interface Editor extends Interface {
  /** Row of the cursor within the prompt when it was last drawn. */
  prevRows: number;
}

/** Options of a {@linkcode Prompt}. */
export interface PromptOptions {
  readonly prompt: string;
  /** Takes each line that was entered. */
  readonly line: (text: string) => void;
  /** What may stand in the place of the end of `text`, and that end. */
  readonly complete: (text: string) => [completions: string[], end: string];
  /** Ctrl-C, Ctrl-D, or the end of input. */
  readonly ended: () => void;
}

/** A line editor at the foot of the terminal. What is printed appears above it, and leaves alone what is being typed. */
export class Prompt {
  readonly #editor: Editor;
  #closed = false;

  constructor({ prompt, line, complete, ended }: PromptOptions) {
    this.#editor = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      completer: complete,
      historySize: 1000,
    }) as Editor;
    this.#editor.on("line", (text) => {
      line(text);
      if (!this.#closed) this.#editor.prompt();
    });
    this.#editor.on("SIGINT", ended);
    this.#editor.on("close", ended);
    this.#editor.prompt();
  }

  /** Prints lines above the prompt; what is being typed and its cursor stay as they are. */
  print(text: string): void {
    if (this.#closed) {
      process.stdout.write(text + "\n");
      return;
    }
    const { rows } = this.#editor.getCursorPos();
    const up = rows > 0 ? `\x1b[${rows}A` : "";
    process.stdout.write(`${up}\r\x1b[J${text}\n`);
    // The editor goes up that far before it draws: now it begins where the cursor is.
    this.#editor.prevRows = 0;
    this.#editor.prompt(true);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#editor.close();
    process.stdout.write("\r\x1b[J");
  }
}
