import type { PeerEvent } from "../../peer/types.ts";
import { type Clock, systemClock, type Timer } from "../../platform/clock.ts";
import { eventText } from "../terminal/events.ts";
import type { NameText } from "../terminal/text.ts";
import { SIGN, theme } from "../terminal/theme.ts";

/** How long after a peer came or left others may join its line, milliseconds; and how long the line may wait in all. */
const PAUSE = 300;
const WAIT_MAX = 2_000;

/** Most peers that come or leave together and have a line each. */
const EACH_MAX = 3;

/** Most names in a line of many. */
const NAMES_MAX = 8;

/** A peer that comes, leaves or changes. */
export type PeerChange = Extract<PeerEvent, { readonly event: "peer" }>;

/** Folds peers that come, or leave, within moments into one line: a class of 30 does not drown the talk. */
export class Comings {
  readonly #print: (text: string, at: number) => void;
  readonly #nameText: NameText;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, PeerChange>();
  #since = 0;
  #timer: Timer | undefined;

  constructor(
    print: (text: string, at: number) => void,
    nameText: NameText,
    clock: Clock = systemClock,
  ) {
    this.#print = print;
    this.#nameText = nameText;
    this.#clock = clock;
  }

  /** Shows an event of a peer, at once or with those that follow within moments. */
  show(event: PeerChange): void {
    if (this.#waiting.has(event.id)) this.flush();
    if (event.state !== "up" && event.state !== "gone") {
      return this.#print(eventText(event, this.#nameText), event.at);
    }
    const now = this.#clock.now();
    if (this.#waiting.size === 0) this.#since = now;
    this.#waiting.set(event.id, event);
    this.#timer?.cancel();
    this.#timer = this.#clock.after(Math.min(PAUSE, this.#since + WAIT_MAX - now), () => this.flush());
  }

  /** Shows at once what waits of this peer, before what it says. */
  flushOf(id: string | undefined): void {
    if (id !== undefined && this.#waiting.has(id)) this.flush();
  }

  /** Shows all that waits. */
  flush(): void {
    this.#timer?.cancel();
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const state of ["up", "gone"] as const) {
      const events = all.filter((event) => event.state === state);
      if (events.length > EACH_MAX) this.#print(this.#together(events, state), events[0]!.at);
      else for (const event of events) this.#print(eventText(event, this.#nameText), event.at);
    }
  }

  #together(events: readonly PeerChange[], state: "up" | "gone"): string {
    const names = events.slice(0, NAMES_MAX).map((event) => theme.name(event.id, this.#nameText(event)));
    const more = events.length - names.length;
    const sign = state === "up" ? theme.good(SIGN.came) : theme.bad(SIGN.left);
    return `${sign} ${events.length} peers are ${state === "up" ? "here" : "gone"}: ${names.join(", ")}` +
      (more > 0 ? ` and ${more} more` : "");
  }
}
