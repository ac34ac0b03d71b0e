import { type Clock, systemClock, type Timer } from "../../platform/clock.ts";
import { cutToWidth } from "./columns.ts";
import type { Output } from "./output.ts";
import { theme } from "./theme.ts";
import { sizeOfTerminal } from "./tty.ts";

/** Time without other output before the line is drawn, milliseconds. */
const AFTER = 500;

/** Erases the line. */
const ERASED = "\r\x1b[K";

/** The part of an output that the line needs. */
type Screen = Pick<Output, "isTerminal" | "draws" | "printer" | "raw">;

/**
 * A line that says what a command waits for, and vanishes. It is drawn only if standard error is a terminal that can move
 * its cursor. Lines of the command that come meanwhile stand above it. Those for a file or a pipe go there: its reader may
 * print them on the same terminal.
 */
export class WaitingLine implements Disposable {
  readonly #screens: readonly Screen[];
  #text = "";
  #isDrawn = false;
  #timer: Timer | undefined;

  constructor(
    { out, err, interrupted }: {
      readonly out: Screen;
      readonly err: Screen;
      readonly interrupted?: AbortSignal;
    },
    private readonly clock: Clock = systemClock,
    private readonly columns = () => sizeOfTerminal().columns,
  ) {
    this.#screens = err.draws ? [err, out] : [];
    for (const screen of this.#screens) screen.printer = (text) => this.#print(text, screen);
    // What was begun goes on, but nobody waits for it.
    interrupted?.addEventListener("abort", () => this[Symbol.dispose]());
    this.#drawLater();
  }

  /** Says what is waited for from now on: a few words on one line. */
  show(text: string): void {
    this.#text = text;
    if (this.#isDrawn) this.#draw();
  }

  /** Removes the line for good. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#erase();
    for (const screen of this.#screens) screen.printer = undefined;
  }

  #drawLater(): void {
    if (this.#screens.length === 0) return;
    this.#timer?.cancel();
    this.#timer = this.clock.after(AFTER, () => this.#draw());
  }

  #draw(): void {
    this.#isDrawn = true;
    // What the terminal wraps cannot be erased.
    this.#screens[0]!.raw(`\r${theme.faint(cutToWidth(this.#text, this.columns() - 1))}\x1b[K`);
  }

  #erase(): void {
    if (this.#isDrawn) this.#screens[0]!.raw(ERASED);
    this.#isDrawn = false;
  }

  /** Prints a line; on a terminal by the stream that draws: two streams to one terminal have no order. */
  #print(text: string, screen: Screen): void {
    this.#erase();
    (screen.isTerminal ? this.#screens[0]! : screen).raw(`${text}\n`);
    this.#drawLater();
  }
}
