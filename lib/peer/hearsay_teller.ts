import { isPrivate } from "../net/addresses.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Address } from "../net/types.ts";
import { FRAME_HEADER_BYTES } from "../protocol/frame.ts";
import { encodeHearsay, type Hearsay } from "../protocol/hearsay.ts";
import { HEARSAY_MAX, RECORD_MAX, SESSIONS_MAX, TAG_BYTES } from "../protocol/limits.ts";
import { encodeMessage, hasFeature, PEERS_FEATURE } from "../protocol/message.ts";
import type { Session } from "../session/session.ts";

/** Least time from one list to the next to one peer, milliseconds. */
const TELL_EVERY_MS = 30_000;
/** A list without news is told again after this time, milliseconds: who was not there before may be by now. */
const TELL_AGAIN_MS = 900_000;
/** How old a sign of life may be that is told of, milliseconds. */
const TOLD_MAX_MS = 24 * 3_600_000;

/** A peer with whom there was a session. */
export interface ProvenPeer {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly addresses: readonly Address[];
  readonly state: "up" | "gone";
  /** Latest sign of life, milliseconds since 1970. */
  readonly lastSeen: number;
}

/** Information that can be told of a peer. */
interface Known {
  readonly peer: Hearsay;
  readonly isUp: boolean;
  /** Its bytes in a list. */
  readonly bytes: number;
}

/** Dependencies of {@linkcode HearsayTeller}. */
export interface HearsayTellerOptions {
  readonly clock: Clock;
  /** Lists the peers with whom there was a session and whom we would recommend. */
  readonly proven: () => readonly ProvenPeer[];
}

/** The latest information that was told to a peer. */
interface Told {
  readonly at: number;
  /** Ids, addresses and ports. */
  readonly places: ReadonlySet<string>;
  /** Which of them were there when we looked last. */
  up: ReadonlySet<string>;
}

/**
 * Tells the other sides of sessions of further members (PROTOCOL.md 3.8): each once in 30 s if there is news, else once
 * in 15 min.
 */
export class HearsayTeller {
  readonly #open = new Set<Session>();
  /** Lists that are to go out. */
  readonly #due = new Map<Session, readonly Known[]>();
  /** By id, oldest first; forgotten 30 s after the end of the session, and if there are more than sessions may be. */
  readonly #told = new Map<string, Told>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(private readonly options: HearsayTellerOptions) {}

  /** A session is in use: its other side is told soon. */
  attached(session: Session): void {
    if (this.#isStopped || session.remote.brief || !hasFeature(session.remote, PEERS_FEATURE)) {
      return;
    }
    this.#open.add(session);
    this.#plan(session, this.#known());
    this.#timer ??= this.#next();
  }

  /** A session is no longer in use. */
  detached(session: Session): void {
    this.#open.delete(session);
    this.#due.delete(session);
  }

  /** Returns the list for the other side of this session, if one is due. */
  nextFrame(session: Session): Uint8Array | undefined {
    const list = this.#due.get(session);
    if (!list) return undefined;
    this.#due.delete(session);
    const places = new Set(list.map(placeOf));
    this.#told.delete(session.id);
    if (this.#told.size >= SESSIONS_MAX) this.#told.delete(this.#told.keys().next().value!);
    this.#told.set(session.id, { at: this.options.clock.now(), places, up: placesUp(list) });
    return encodeMessage({ type: "peers", peers: list.map(({ peer }) => peer) });
  }

  /** Tells nobody any more. */
  stop(): void {
    this.#isStopped = true;
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
      const known = this.#known();
      for (const session of this.#open) this.#plan(session, known);
      this.#timer = this.#open.size + this.#told.size > 0 ? this.#next() : undefined;
    });
  }

  #plan(session: Session, known: readonly Known[]): void {
    const told = this.#told.get(session.id);
    const since = told ? this.options.clock.now() - told.at : Infinity;
    if (since < TELL_EVERY_MS) return;
    const list = listFor(session, known);
    const up = placesUp(list);
    const isNews = told && since < TELL_AGAIN_MS
      ? list.some((each) => !told.places.has(placeOf(each))) || [...up].some((place) => !told.up.has(place))
      : list.length > 0;
    if (told && !isNews) told.up = up;
    if (!isNews) return;
    this.#due.set(session, list);
    session.wake();
  }

  /** Lists the peers that we know, those heard last first: one more than a list has, because nobody is told of itself. */
  #known(): Known[] {
    const now = this.options.clock.wall();
    const recent = this.options.proven().filter(({ lastSeen }) => now - lastSeen <= TOLD_MAX_MS)
      .toSorted((a, b) => b.lastSeen - a.lastSeen);
    const known: Known[] = [];
    for (const { id, name, kind, addresses, state, lastSeen } of recent) {
      if (known.length > HEARSAY_MAX) break;
      const at = addresses.find(({ host }) => isPrivate(host));
      if (!at) continue;
      const age = Math.max(0, Math.round((now - lastSeen) / 1000));
      const peer = { id, name, kind, address: at.host, port: at.port, age };
      known.push({ peer, isUp: state === "up", bytes: encodeHearsay([peer]).length });
    }
    return known;
  }
}

/** Lists what fits a record of the other side, which is not told of itself. */
function listFor({ id, remote }: Session, known: readonly Known[]): Known[] {
  let room = Math.min(remote.rx, RECORD_MAX) - TAG_BYTES - FRAME_HEADER_BYTES;
  const others = known.filter(({ peer }) => peer.id !== id).slice(0, HEARSAY_MAX);
  const end = others.findIndex(({ bytes }) => (room -= bytes) < 0);
  return end < 0 ? others : others.slice(0, end);
}

function placeOf({ peer: { id, address, port } }: Known): string {
  return `${id} ${address} ${port}`;
}

function placesUp(list: readonly Known[]): Set<string> {
  return new Set(list.filter(({ isUp }) => isUp).map(placeOf));
}
