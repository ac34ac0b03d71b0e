import { drawnCharacters } from "./columns.ts";

/** Most lines that are remembered. */
const HISTORY_MAX = 1_000;

/** A line that was entered. */
export interface EnteredLine {
  readonly text: string;
  /** True if its beginning was pasted, not typed. */
  readonly pasted: boolean;
}

/** The line being typed, as drawn characters with a cursor, and the history of entered lines. */
export class LineBuffer {
  #cells: string[] = [];
  #cursor = 0;
  #pasted = false;
  readonly #history: EnteredLine[];
  /** Index in the history; at the end is the line being typed. */
  #place: number;
  #draft: EnteredLine = { text: "", pasted: false };

  /** @param history lines entered before, oldest first */
  constructor(history: readonly EnteredLine[] = []) {
    this.#history = history.slice(-HISTORY_MAX);
    this.#place = this.#history.length;
  }

  /** Drawn characters; a line break counts as one. */
  get cells(): readonly string[] {
    return this.#cells;
  }

  /** Number of characters before the cursor. */
  get cursor(): number {
    return this.#cursor;
  }

  get text(): string {
    return this.#cells.join("");
  }

  /** Text before the cursor. */
  get before(): string {
    return this.#cells.slice(0, this.#cursor).join("");
  }

  /** Inserts text at the cursor. */
  insert(text: string, pasted = false): void {
    if (text === "") return;
    if (this.#cursor === 0) this.#pasted = pasted;
    // An accent may combine with the character before the cursor, and the text after the cursor with the last inserted
    // character.
    const from = Math.max(0, this.#cursor - 1);
    const inserted = drawnCharacters(this.#cells.slice(from, this.#cursor).join("") + text);
    const joined = drawnCharacters(inserted.at(-1)! + (this.#cells[this.#cursor] ?? ""));
    const isJoined = this.#cursor < this.#cells.length && joined.length === 1;
    if (isJoined) inserted[inserted.length - 1] = joined[0]!;
    const rest = this.#cells.slice(this.#cursor + (isJoined ? 1 : 0));
    this.#cells = [...this.#cells.slice(0, from), ...inserted, ...rest];
    this.#cursor = from + inserted.length;
  }

  /** Replaces the text before the cursor from its character `from` on. */
  replaceEnd(end: string, text: string): void {
    const before = this.before;
    const after = this.#cells.slice(this.#cursor);
    const kept = drawnCharacters(before.slice(0, before.length - end.length) + text);
    this.#cells = [...kept, ...after];
    this.#cursor = kept.length;
  }

  backspace(): void {
    if (this.#cursor > 0) this.#remove(this.#cursor - 1, this.#cursor);
  }

  delete(): void {
    if (this.#cursor < this.#cells.length) this.#remove(this.#cursor, this.#cursor + 1);
  }

  killToStart(): void {
    this.#remove(0, this.#cursor);
  }

  killToEnd(): void {
    this.#remove(this.#cursor, this.#cells.length);
  }

  killWord(): void {
    const end = this.#cursor;
    this.moveWord(-1);
    this.#remove(this.#cursor, end);
  }

  /** Moves the cursor by characters. */
  move(by: number): void {
    this.#cursor = Math.min(this.#cells.length, Math.max(0, this.#cursor + by));
  }

  /** Moves the cursor to the beginning or behind the end of a word. */
  moveWord(direction: -1 | 1): void {
    const next = () => this.#cells[direction < 0 ? this.#cursor - 1 : this.#cursor];
    while (next() !== undefined && !isOfWord(next()!)) this.move(direction);
    while (next() !== undefined && isOfWord(next()!)) this.move(direction);
  }

  moveToStart(): void {
    this.#cursor = 0;
  }

  moveToEnd(): void {
    this.#cursor = this.#cells.length;
  }

  /** Shows a line of the history: -1 the previous one, 1 the next one. */
  recall(direction: -1 | 1): void {
    const place = this.#place + direction;
    if (place < 0 || place > this.#history.length) return;
    if (this.#place === this.#history.length) this.#draft = { text: this.text, pasted: this.#pasted };
    this.#place = place;
    const { text, pasted } = this.#history[place] ?? this.#draft;
    this.#cells = drawnCharacters(text);
    this.#pasted = pasted;
    this.moveToEnd();
  }

  /** Returns the line, and starts a new one. */
  take(): EnteredLine {
    const line = { text: this.text.replace(/\n+$/, ""), pasted: this.#pasted };
    if (line.text !== "" && line.text !== this.#history.at(-1)?.text) this.#history.push(line);
    if (this.#history.length > HISTORY_MAX) this.#history.shift();
    this.#place = this.#history.length;
    this.#cells = [];
    this.#cursor = 0;
    this.#pasted = false;
    return line;
  }

  #remove(from: number, to: number): void {
    this.#cells.splice(from, to - from);
    this.#cursor = from;
    if (this.#cells.length === 0) this.#pasted = false;
  }
}

function isOfWord(character: string): boolean {
  return /[\p{L}\p{N}_]/u.test(character);
}
