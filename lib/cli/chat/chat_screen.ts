import type { PeerEvent } from "../../peer/types.ts";
import { type Clock, systemClock, type Timer } from "../../platform/clock.ts";
import { cutToWidth } from "../terminal/columns.ts";
import { eventText } from "../terminal/events.ts";
import type { Prompt } from "../terminal/prompt.ts";
import type { ScreenNames } from "../terminal/screen_names.ts";
import { clockText } from "../terminal/text.ts";
import { theme } from "../terminal/theme.ts";
import { beginningOf } from "./arrived_text.ts";
import { Comings } from "./comings.ts";
import { Readings } from "./readings.ts";

/** Shortest time between two drawings of the lines that change, milliseconds; and the longest while there are any. */
const DRAW_AFTER = 100;
const DRAW_EVERY = 1_000;

/** Fewer columns have no room for times. */
const TIMES_COLUMNS = 60;

/** Most columns of a document's beginning. */
const BEGINNING_MAX = 72;

const INDENT = "    ";

/** Options of a {@linkcode ChatScreen}. */
export interface ChatScreenOptions {
  readonly names: ScreenNames;
  /** Where lines are printed; `status` sets lines that stay and change, on terminals that can draw. */
  readonly prompt: Pick<Prompt, "print"> & Partial<Pick<Prompt, "status" | "clear">>;
  /** Width of the terminal, columns. */
  readonly columns: () => number;
  /** True to begin each line of an event with its time. */
  readonly times?: boolean;
  readonly clock?: Clock;
}

/** The screen of the chat above the line being typed. */
export class ChatScreen {
  readonly #options: ChatScreenOptions;
  readonly #clock: Clock;
  readonly #comings: Comings;
  readonly #readings: Readings;
  #timer: Timer | undefined;
  #drawAt = Infinity;

  constructor(options: ChatScreenOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { text } = options.names;
    this.#comings = new Comings((line, at) => this.#line(line, at), text, this.#clock);
    this.#readings = new Readings(text);
  }

  /** Prints lines. */
  print(text: string): void {
    this.#options.prompt.print(text);
  }

  /** Clears the screen, if the terminal can. */
  clear(): void {
    this.#options.prompt.clear?.();
  }

  /** Prints what failed, so that it stands out. */
  failed(text: string): void {
    this.print(theme.failed(text));
  }

  /** Shows an event. */
  show(event: PeerEvent): void {
    if (event.event === "peer") {
      if (event.state === "gone") this.#left(event.id);
      return this.#comings.show(event);
    }
    if ("from" in event) this.#comings.flushOf(event.from.id);
    const { prompt, names } = this.#options;
    const isReading = event.event === "document" && event.stream !== undefined && event.re === undefined;
    if (isReading && prompt.status !== undefined) {
      this.#printAll(this.#readings.note(event, this.#clock.wall()));
      return this.#drawIn(DRAW_AFTER);
    }
    this.#line(eventText(event, names.text), event.at);
    if (event.event !== "document" && event.event !== "ask") return;
    const beginning = event.event === "document" && event.stream !== undefined
      ? undefined
      : beginningOf(event.path);
    if (!beginning) return;
    const room = Math.max(1, Math.min(BEGINNING_MAX, this.#options.columns() - INDENT.length - 1));
    this.print(theme.faint(INDENT + cutToWidth(beginning, room)));
  }

  /** Prints what waits, and the last state of what changed. */
  close(): void {
    this.#timer?.cancel();
    this.#comings.flush();
    this.#options.prompt.status?.([]);
    this.#printAll(this.#readings.end(this.#clock.wall()));
  }

  /** Prints the last readings of a peer that has left; soon they are no longer among the lines that change. */
  #left(id: string): void {
    const lines = this.#readings.left(id, this.#clock.wall());
    this.#printAll(lines);
    if (lines.length > 0) this.#drawIn(DRAW_AFTER);
  }

  #line(text: string, at: number): void {
    const { times, columns } = this.#options;
    this.print(times && columns() >= TIMES_COLUMNS ? `${theme.faint(clockText(at))} ${text}` : text);
  }

  #printAll(lines: readonly string[]): void {
    if (lines.length > 0) this.print(lines.join("\n"));
  }

  /** Draws the lines that change at latest in so many milliseconds. */
  #drawIn(ms: number): void {
    const at = this.#clock.now() + ms;
    if (this.#drawAt <= at) return;
    this.#timer?.cancel();
    this.#drawAt = at;
    this.#timer = this.#clock.after(ms, () => {
      this.#drawAt = Infinity;
      const now = this.#clock.wall();
      this.#printAll(this.#readings.silent(now));
      const lines = this.#readings.lines(now);
      this.#options.prompt.status!(lines);
      if (lines.length > 0) this.#drawIn(DRAW_EVERY);
    });
  }
}
