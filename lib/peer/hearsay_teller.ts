import { isPrivate } from "../net/addresses.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Address } from "../net/types.ts";
import { FRAME_HEADER_BYTES } from "../protocol/frame.ts";
import { encodeHearsay, type Hearsay } from "../protocol/hearsay.ts";
import { HEARSAY_MAX, RECORD_MAX, TAG_BYTES } from "../protocol/limits.ts";
import { encodeMessage, PEERS_FEATURE } from "../protocol/message.ts";
import type { Session } from "../session/session.ts";

/** Least time from one list to the next to one peer, milliseconds. */
const TELL_EVERY_MS = 30_000;
/** How old a sign of life may be that is told of, milliseconds. */
const TOLD_MAX_MS = 24 * 3_600_000;

/** A peer with whom there was a session. */
export interface ProvenPeer {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly addresses: readonly Address[];
  /** Latest sign of life, milliseconds since 1970. */
  readonly lastSeen: number;
}

/** Dependencies of {@linkcode HearsayTeller}. */
export interface HearsayTellerOptions {
  readonly clock: Clock;
  /** Lists the peers with whom there was a session and whom we would recommend. */
  readonly proven: () => readonly ProvenPeer[];
}

/** What was told to a peer last. */
interface Told {
  readonly at: number;
  readonly what: string;
}

/** Tells the other sides of sessions of further members (PROTOCOL.md 3.8): each once in 30 s, if there is news. */
export class HearsayTeller {
  readonly #open = new Set<Session>();
  readonly #due = new Set<Session>();
  /** By id; forgotten 30 s after the end of the session. */
  readonly #told = new Map<string, Told>();
  #timer: Timer | undefined;

  constructor(private readonly options: HearsayTellerOptions) {}

  /** A session is in use: its other side is told soon. */
  attached(session: Session): void {
    if (session.remote.brief || !session.remote.can?.split(" ").includes(PEERS_FEATURE)) return;
    this.#open.add(session);
    this.#plan(session);
    this.#timer ??= this.#next();
  }

  /** A session is no longer in use. */
  detached(session: Session): void {
    this.#open.delete(session);
    this.#due.delete(session);
  }

  /** Returns the list for the other side of this session, if one is due. */
  nextFrame(session: Session): Uint8Array | undefined {
    if (!this.#due.delete(session)) return undefined;
    const list = this.#listFor(session.id);
    const most = Math.min(session.remote.rx, RECORD_MAX) - TAG_BYTES - FRAME_HEADER_BYTES;
    while (list.length > 0 && encodeHearsay(list).length > most) list.pop();
    if (list.length === 0) return undefined;
    this.#told.set(session.id, { at: this.options.clock.now(), what: keyOf(list) });
    return encodeMessage({ type: "peers", peers: list });
  }

  /** Tells nobody any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#open.clear();
    this.#due.clear();
  }

  #next(): Timer {
    return this.options.clock.after(TELL_EVERY_MS, () => {
      const now = this.options.clock.now();
      const ids = new Set([...this.#open].map(({ id }) => id));
      for (const [id, { at }] of this.#told) {
        if (!ids.has(id) && now - at >= TELL_EVERY_MS) this.#told.delete(id);
      }
      for (const session of this.#open) this.#plan(session);
      this.#timer = this.#open.size + this.#told.size > 0 ? this.#next() : undefined;
    });
  }

  #plan(session: Session): void {
    const told = this.#told.get(session.id);
    if (told && this.options.clock.now() - told.at < TELL_EVERY_MS) return;
    const list = this.#listFor(session.id);
    if (list.length === 0 || told?.what === keyOf(list)) return;
    this.#due.add(session);
    session.wake();
  }

  /** What we know, those heard last first; not of the one who is told. */
  #listFor(id: string): Hearsay[] {
    const now = this.options.clock.wall();
    const recent = this.options.proven().filter((peer) =>
      peer.id !== id && now - peer.lastSeen <= TOLD_MAX_MS
    )
      .toSorted((a, b) => b.lastSeen - a.lastSeen);
    return recent.flatMap(({ id, name, kind, addresses, lastSeen }) => {
      const at = addresses.find(({ host }) => isPrivate(host));
      const age = Math.max(0, Math.round((now - lastSeen) / 1000));
      return at ? [{ id, name, kind, address: at.host, port: at.port, age }] : [];
    }).slice(0, HEARSAY_MAX);
  }
}

/** What makes a list another one: not the time that passed. */
function keyOf(list: readonly Hearsay[]): string {
  return list.map(({ id, address, port }) => `${id} ${address} ${port}`).toSorted().join();
}
