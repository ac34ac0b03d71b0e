import type { Clock } from "../../platform/clock.ts";
import { type Random, systemRandom } from "../../platform/random.ts";

/** Beginning of the path that a ticket opens. */
export const TICKET_BEGIN = "/download/";

/** How long a ticket is good for, milliseconds. */
export const TICKET_MS = 60_000;

/** Most tickets at one time; the oldest gives way. */
export const TICKETS_MAX = 256;

/** Length of tickets and tokens, bytes. */
const SECRET_BYTES = 24;

/** Makes a text that nobody can guess, of letters, digits, `-` and `_`. */
export function newSecret(random: Random = systemRandom): string {
  return random.bytes(SECRET_BYTES).toBase64({ alphabet: "base64url" });
}

/** Tickets for downloads: a browser fetches a file without headers of ours, so its address must be the permission. */
export class Tickets<T> {
  readonly #open = new Map<string, { readonly what: T; readonly until: number }>();

  constructor(private readonly clock: Clock, private readonly random: Random = systemRandom) {}

  /** Issues a ticket, good once and for {@linkcode TICKET_MS}. */
  issue(what: T): string {
    const now = this.clock.now();
    for (const [ticket, { until }] of this.#open) {
      if (until > now && this.#open.size < TICKETS_MAX) break;
      this.#open.delete(ticket);
    }
    const ticket = newSecret(this.random);
    this.#open.set(ticket, { what, until: now + TICKET_MS });
    return ticket;
  }

  /** Takes a ticket in, and returns what it was issued for; undefined if it is unknown, used or too old. */
  redeem(ticket: string): T | undefined {
    const found = this.#open.get(ticket);
    this.#open.delete(ticket);
    return found && found.until > this.clock.now() ? found.what : undefined;
  }
}
