import { cutPainted, rowsOf } from "./columns.ts";
import type { Output } from "./output.ts";
import { type Key, KeyReader } from "./keys.ts";
import { layOut } from "./layout.ts";
import { type EnteredLine, LineBuffer } from "./line_buffer.ts";
import { SIGN } from "./theme.ts";
import type { Tty } from "./tty.ts";

/** Options of a {@linkcode Prompt}. */
export interface PromptOptions {
  readonly prompt: string;
  /** Called with each entered line. */
  readonly line: (line: EnteredLine) => void;
  /** Returns the texts that can replace the end of `text`, and that end. */
  readonly complete: (text: string) => [completions: string[], end: string];
  /** Lines entered before, oldest first. */
  readonly history?: readonly EnteredLine[];
  /** Called on Ctrl-C, Ctrl-D, or the end of input. */
  readonly ended: () => void;
}

/** Pause after which a changed size of the window counts, milliseconds: dragging its edge changes it many times. */
const SETTLES_IN = 100;

/** Most completions that are listed. */
const LISTED_MAX = 100;

/** Keys that only change the line. */
const EDITS = {
  "backspace": (line: LineBuffer) => line.backspace(),
  "delete": (line: LineBuffer) => line.delete(),
  "left": (line: LineBuffer) => line.move(-1),
  "right": (line: LineBuffer) => line.move(1),
  "word-left": (line: LineBuffer) => line.moveWord(-1),
  "word-right": (line: LineBuffer) => line.moveWord(1),
  "home": (line: LineBuffer) => line.moveToStart(),
  "end": (line: LineBuffer) => line.moveToEnd(),
  "up": (line: LineBuffer) => line.recall(-1),
  "down": (line: LineBuffer) => line.recall(1),
  "kill-to-start": (line: LineBuffer) => line.killToStart(),
  "kill-to-end": (line: LineBuffer) => line.killToEnd(),
  "kill-word": (line: LineBuffer) => line.killWord(),
};

/** A line editor at the bottom of the terminal. Printed lines appear above it and leave the line being typed intact. */
export class Prompt {
  readonly #out: Pick<Output, "raw" | "isBehind">;
  readonly #tty: Tty;
  readonly #options: PromptOptions;
  readonly #line: LineBuffer;
  readonly #keys = new KeyReader();
  /** Row of the cursor, relative to the first row drawn. */
  #row = 0;
  /** Width for which it is drawn. */
  #columns = 0;
  /** First row of the layout that is drawn: a line may need more rows than the screen has. */
  #top = 0;
  #listed: string | undefined;
  /** Lines that stay above the prompt, and those of them that are drawn now, cut to the width. */
  #status: readonly string[] = [];
  #shown: readonly string[] = [];
  #closed = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(out: Pick<Output, "raw" | "isBehind">, tty: Tty, options: PromptOptions) {
    this.#out = out;
    this.#tty = tty;
    this.#options = options;
    this.#line = new LineBuffer(options.history);
    tty.open({
      input: (bytes) => this.#input(bytes),
      ended: options.ended,
      resized: () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.#redraw(), SETTLES_IN);
      },
      resumed: () => {
        this.#out.raw("\r\x1b[J");
        this.#draw();
      },
      leaving: () => this.#erase(),
      unstoppable: (where) => this.print(`Ctrl-Z does not work ${where}: /quit leaves.`),
    });
    this.#draw();
  }

  /** Prints lines above the prompt; the line being typed and its cursor stay. */
  print(text: string): void {
    if (this.#closed) return this.#out.raw(`${text}\n`);
    this.#erase();
    this.#out.raw(`${text.replaceAll(/\r?\n/g, "\r\n")}\r\n`);
    this.#draw();
  }

  /**
   * Sets the lines that stay above the prompt until they are set again. They get at most a third of the screen. While
   * the terminal stands still the last ones stay.
   */
  status(lines: readonly string[]): void {
    if (this.#out.isBehind) return;
    if (lines.length === this.#status.length && lines.every((line, i) => line === this.#status[i])) return;
    this.#status = lines;
    // A window that is being resized is drawn once it has its size.
    if (!this.#closed && this.#settling === undefined) this.#redraw();
  }

  /** Clears the screen, but for the line being typed. */
  clear(): void {
    this.#out.raw("\x1b[H\x1b[2J");
    this.#draw();
  }

  /** Restores the terminal. */
  close(): void {
    if (this.#closed) return;
    this.#erase();
    this.#closed = true;
    this.#tty.close();
  }

  #input(bytes: Uint8Array): void {
    this.#find();
    for (const key of this.#keys.read(bytes)) {
      if (this.#closed) return;
      this.#press(key);
    }
    if (!this.#closed) this.#redraw();
  }

  #press(key: Key): void {
    const line = this.#line;
    const listed = this.#listed;
    this.#listed = undefined;
    switch (key.kind) {
      case "text":
      case "paste":
        return line.insert(key.text, key.kind === "paste");
      case "enter":
        return this.#enter();
      case "tab":
        return this.#complete(listed);
      case "redraw":
        return this.clear();
      case "interrupt":
        return this.#options.ended();
      case "end-of-input":
        return line.cells.length === 0 ? this.#options.ended() : line.delete();
      default:
        return EDITS[key.kind](line);
    }
  }

  #enter(): void {
    this.#line.moveToEnd();
    this.#erase();
    this.#draw([]);
    this.#out.raw("\r\n");
    this.#row = 0;
    const line = this.#line.take();
    this.#options.line(line);
    // It may have printed, and so drawn the prompt.
    if (!this.#closed) this.#redraw();
  }

  /** @param listed the text whose completions were listed just before */
  #complete(listed: string | undefined): void {
    const before = this.#line.before;
    const [completions, end] = this.#options.complete(before);
    if (completions.length === 0) return;
    const common = completions.reduce((prefix, each) => commonPrefix(prefix, each));
    if (common.length > end.length) return this.#line.replaceEnd(end, common);
    if (listed === before) this.print(listText(completions));
    else this.#listed = before;
  }

  /**
   * Finds the prompt if the window has another size: the terminal has wrapped the rows anew. The system may not have told
   * of it yet, and some never do.
   */
  #find(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    const { columns } = this.#tty;
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.#row = rowsOf(this.#shown, columns) + Math.max(0, this.#layOut().cursor.row - this.#top);
  }

  #redraw(): void {
    this.#erase();
    this.#draw();
  }

  #erase(): void {
    this.#find();
    this.#out.raw(`${this.#row > 0 ? `\x1b[${this.#row}A` : ""}\r\x1b[J`);
    this.#row = 0;
  }

  #layOut() {
    return layOut(this.#options.prompt, this.#line.cells, this.#line.cursor, this.#columns);
  }

  /** Returns what has room of the lines above the prompt. */
  #statusLines(): string[] {
    const room = Math.floor(this.#tty.rows / 3);
    const more = this.#status.length - room + 1;
    const lines = more <= 1
      ? this.#status
      : [...this.#status.slice(0, Math.max(0, room - 1)), `${SIGN.cut} ${more} more`].slice(0, room);
    return lines.map((line) => cutPainted(line, this.#tty.columns - 1));
  }

  /** Draws from the cursor on, which must be at the first row's place. @param status lines above the prompt */
  #draw(status: readonly string[] = this.#statusLines()): void {
    this.#shown = status;
    this.#columns = this.#tty.columns;
    const { rows, cursor, end } = this.#layOut();
    const height = Math.max(1, this.#tty.rows - 1 - status.length);
    this.#top = Math.max(0, Math.min(rows.length - height, Math.max(cursor.row - height + 1, 0)));
    const last = Math.min(rows.length, this.#top + height) - 1;
    let text = status.map((line) => `${line}\r\n`).join("");
    for (let row = this.#top; row <= last; row++) {
      text += rows[row]!.text;
      if (row < last && rows[row]!.isBroken) text += "\r\n";
    }
    // After a full row the cursor stays at its end: only the next character moves it to the next row.
    const isPending = last === end.row && end.column === 0 && last > this.#top && !rows[last - 1]!.isBroken;
    if (isPending) text += " ";
    const up = last - cursor.row;
    text += `\r${up > 0 ? `\x1b[${up}A` : ""}${cursor.column > 0 ? `\x1b[${cursor.column}C` : ""}`;
    this.#out.raw(text);
    this.#row = status.length + cursor.row - this.#top;
  }
}

function listText(completions: readonly string[]): string {
  const more = completions.length - LISTED_MAX;
  return completions.slice(0, LISTED_MAX).join("  ") + (more > 0 ? `  ${SIGN.cut} ${more} more` : "");
}

function commonPrefix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length]!.toLowerCase() === other[length]?.toLowerCase()) length++;
  // Two characters may begin with the same half.
  return one.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
