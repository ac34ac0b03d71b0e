import { isPrivate } from "../net/addresses.ts";
import type { Address } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Hearsay } from "../protocol/hearsay.ts";

/** Shortest time from one dial to the next, milliseconds: whatever is told, nobody makes us dial more. */
const DIAL_EVERY_MS = 1_000;
/** Least time from one list to the next of one teller, milliseconds; a little less than they keep. */
const HEED_EVERY_MS = 25_000;
/** Most peers that are known by hearsay, and of one teller. */
const RUMOURS_MAX = 128;
const RUMOURS_EACH = 32;
/** Attempts in a row at a peer that was there before; another one gets one. */
const ATTEMPTS_AGAIN = 5;
/** Pause after a failure at one that was there before, doubling; milliseconds. */
const PAUSE_FIRST_MS = 1_000;
/** A session that ended sooner counts as a failure; milliseconds. */
const STEADY_MS = 10_000;
/** How long an address at which nobody was is left alone, milliseconds, and how many are remembered. */
const AVOID_MS = 600_000;
const AVOIDED_MAX = 1_024;

/** Dependencies of {@linkcode HearsayListener}. */
export interface HearsayListenerOptions {
  readonly clock: Clock;
  /** Tells whether what this peer tells is worth an attempt. */
  readonly isHeeded: (teller: string) => boolean;
  /** Tells whether this peer is to be sought: not we, not blocked. */
  readonly isWelcome: (id: string) => boolean;
  /** Tells whether it is here already. */
  readonly isHere: (id: string) => boolean;
  /** Dials this peer; tells whether it is there. */
  readonly dial: (id: string, address: Address) => Promise<boolean>;
}

/** Peer that told something: its id, and the address of its session. */
export interface Teller {
  readonly id: string;
  readonly host: string;
}

/** A peer that others told of. */
interface Rumour {
  readonly id: string;
  readonly address: Address;
  readonly teller: Teller;
  state: "waiting" | "dialling" | "met";
  /** When it was there last, monotonic; undefined if it never was. */
  metAt: number | undefined;
  failures: number;
  notBefore: number;
}

/**
 * Looks for members that others tell of (PROTOCOL.md 3.8). A list is a hint like an announcement, and its teller may
 * lie: one address a second is dialled, in private ranges only, the tellers taking turns; only a session proves a peer.
 */
export class HearsayListener {
  readonly #rumours = new Map<string, Rumour>();
  readonly #heardAt = new Map<string, number>();
  /** Addresses where nobody was → when; oldest first. */
  readonly #avoided = new Map<string, number>();
  /** Tellers, the one whose turn was longest ago first. */
  readonly #turns = new Set<string>();
  #dialledAt = -Infinity;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(private readonly options: HearsayListenerOptions) {}

  /** Takes a list; one that comes too soon after the last one of its teller has no effect. */
  heard(teller: Teller, list: readonly Hearsay[]): void {
    const now = this.options.clock.now();
    if (this.#isClosed || !this.options.isHeeded(teller.id)) return;
    for (const [id, at] of this.#heardAt) if (now - at >= HEED_EVERY_MS) this.#heardAt.delete(id);
    if (this.#heardAt.has(teller.id)) return;
    this.#heardAt.set(teller.id, now);
    for (const { id, address, port } of list) this.#note(teller, id, { host: address, port });
    this.#plan();
  }

  /** True if hearsay led to this peer: the session with it is to stay. */
  wants(id: string): boolean {
    return this.#rumours.get(id)?.state === "met";
  }

  /** The address of the one who told of this peer: its place in the roster is charged to that. */
  sourceOf(id: string): string | undefined {
    return this.#rumours.get(id)?.teller.host;
  }

  /** The session with a peer ended, or it is gone. */
  lost(id: string): void {
    const rumour = this.#rumours.get(id);
    if (rumour?.state !== "met" || this.options.isHere(id)) return;
    if (this.options.clock.now() - rumour.metAt! >= STEADY_MS) rumour.failures = 0;
    this.#failed(rumour);
    this.#plan();
  }

  /** Dials nobody any more. */
  stop(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #note(teller: Teller, id: string, address: Address): void {
    const { isWelcome, isHere } = this.options;
    if (!isPrivate(address.host) || !isWelcome(id) || isHere(id) || this.#isAvoided(address)) return;
    if (this.#rumours.has(id)) return;
    const all = [...this.#rumours.values()];
    if (all.length >= RUMOURS_MAX) return;
    if (all.filter((each) => each.teller.id === teller.id).length >= RUMOURS_EACH) return;
    const rumour = { id, address, teller, metAt: undefined, failures: 0, notBefore: -Infinity };
    this.#rumours.set(id, { ...rumour, state: "waiting" });
    this.#turns.add(teller.id);
  }

  #isAvoided({ host, port }: Address): boolean {
    const at = this.#avoided.get(`${host} ${port}`);
    return at !== undefined && this.options.clock.now() - at < AVOID_MS;
  }

  #waiting(): Rumour[] {
    return [...this.#rumours.values()].filter(({ state }) => state === "waiting");
  }

  /** Plans the next dial. */
  #plan(): void {
    if (this.#isClosed || this.#timer) return;
    const waiting = this.#waiting();
    if (waiting.length === 0) return;
    const at = Math.max(
      Math.min(...waiting.map(({ notBefore }) => notBefore)),
      this.#dialledAt + DIAL_EVERY_MS,
    );
    this.#timer = this.options.clock.after(at - this.options.clock.now(), () => {
      this.#timer = undefined;
      void this.#dialNext();
      this.#plan();
    });
  }

  async #dialNext(): Promise<void> {
    const { clock, isHere, dial } = this.options;
    const rumour = this.#nextRumour();
    if (!rumour) return;
    const { id, address, teller } = rumour;
    this.#turns.delete(teller.id);
    this.#turns.add(teller.id);
    this.#dialledAt = clock.now();
    rumour.state = "dialling";
    const isThere = await dial(id, address);
    if (this.#isClosed) return;
    rumour.state = "met";
    if (isThere) rumour.metAt = clock.now();
    if (!isThere || !isHere(id)) this.#failed(rumour);
    this.#plan();
  }

  /** The next one that is due, of the teller whose turn it is. Those who are here by now are forgotten. */
  #nextRumour(): Rumour | undefined {
    const now = this.options.clock.now();
    const due = this.#waiting().filter((rumour) => {
      if (!this.options.isHere(rumour.id) && !this.#isAvoided(rumour.address)) return rumour.notBefore <= now;
      this.#rumours.delete(rumour.id);
      return false;
    });
    for (const turn of this.#turns) {
      const found = due.find(({ teller }) => teller.id === turn);
      if (found) return found;
      if (![...this.#rumours.values()].some(({ teller }) => teller.id === turn)) this.#turns.delete(turn);
    }
    return undefined;
  }

  #failed(rumour: Rumour): void {
    rumour.failures++;
    if (rumour.metAt !== undefined && rumour.failures <= ATTEMPTS_AGAIN) {
      rumour.state = "waiting";
      rumour.notBefore = this.options.clock.now() + PAUSE_FIRST_MS * 2 ** (rumour.failures - 1);
      return;
    }
    this.#rumours.delete(rumour.id);
    // It was no lie, and may be true again.
    if (rumour.metAt !== undefined) return;
    const key = `${rumour.address.host} ${rumour.address.port}`;
    this.#avoided.delete(key);
    if (this.#avoided.size >= AVOIDED_MAX) this.#avoided.delete(this.#avoided.keys().next().value!);
    this.#avoided.set(key, this.options.clock.now());
  }
}
