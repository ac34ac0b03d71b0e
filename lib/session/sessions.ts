import type { Address, Connection, StreamNet } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { SESSIONS_MAX } from "../protocol/limits.ts";
import { dialAny } from "./dial.ts";
import type { DialFailure } from "./dial_failure.ts";
import {
  HANDSHAKE_LIMIT_MS,
  type HandshakeIdentity,
  isFault,
  respond,
  type SecureChannel,
  SeenEphemerals,
} from "./handshake.ts";
import { givesWay } from "./gives_way.ts";
import { HandshakeSlots } from "./handshake_slots.ts";
import { Outage } from "./outage.ts";
import { Session, type SessionOwner, type SessionTraffic } from "./session.ts";

/** How old a pause must be for a new message to end it, milliseconds. */
const PAUSE_MIN_MS = 2_000;
/** A session that ended sooner than this counts as a failed attempt; milliseconds. */
const SHORT_LIVED_MS = 1_000;
/** After a peer refused us as full, we try again after a time between these, milliseconds. */
const FULL_AGAIN_MIN_MS = 1_000;
const FULL_AGAIN_MAX_MS = 5_000;
/** Longest pause before a peer is dialled again, as a part of its outage. */
const PAUSE_PART = 0.1;
/**
 * A session whose ping has no answer for `DOUBT_AFTER_MS` is in doubt. That doubles for each session that is replaced
 * because of it before it is `STEADY_MS` old: a slow disk and a slow line look like this, too. Milliseconds.
 */
const DOUBT_AFTER_MS = 2_000;
const STEADY_MS = 15_000;
/** Sessions further apart than a handshake may take were not dialled at once; milliseconds. */
const AT_ONCE_MS = HANDSHAKE_LIMIT_MS + 1_000;

/** Share of all sessions that is reserved: strangers who dial us cannot take it. */
const RESERVED = 1 / 16;

/** Needs of the program: which peers to dial, and what to carry. Nothing here may throw. */
export interface SessionPurpose {
  /** Addresses of a peer, best first. */
  addressesOf(id: string): readonly Address[];
  /** True if something for this peer needs a session. */
  wantsSession(id: string): boolean;
  /** True if this session is not closed as idle. */
  keeps(session: Session): boolean;
  readonly traffic: SessionTraffic;
}

/** Event in the life of sessions. */
export type SessionEvent =
  /** Messages to this peer go through this session from now on. */
  | { readonly type: "attached"; readonly session: Session }
  /** The session that is used is in doubt: an answer is due, and another is dialled. Told about every second. */
  | { readonly type: "doubted"; readonly session: Session }
  /** The session no longer carries messages to its peer. */
  | { readonly type: "detached"; readonly session: Session; readonly why: string }
  /** A session ended, attached or not. `get` returns the one that is used from now on, if any. */
  | { readonly type: "ended"; readonly session: Session; readonly why: string }
  /** An attempt to reach the peer failed; another follows as long as a session is wanted. */
  | { readonly type: "unreachable"; readonly id: string; readonly failures: readonly DialFailure[] }
  /** A fault of this program. */
  | { readonly type: "fault"; readonly error: unknown };

/** Options of {@linkcode Sessions}. */
export interface SessionsOptions {
  readonly id: string;
  readonly identity: HandshakeIdentity;
  readonly streams: StreamNet;
  readonly clock: Clock;
  readonly random: Random;
  /** Tells whether a peer is known: some sessions are reserved for known peers. */
  readonly isKnown: (id: string) => boolean;
  /** Most sessions at one time. */
  readonly limit?: number;
}

/**
 * All sessions of a peer (PROTOCOL.md 3.9): accepts and dials them, uses one for each other peer, makes room when full,
 * and dials again as long as a session is wanted.
 */
export class Sessions {
  /** Sessions in use, by the other side's id. */
  readonly #active = new Map<string, Session>();
  /** Second sessions: both sides dialled at once, and the other side decides which one stays. */
  readonly #extra = new Map<string, Session>();
  readonly #openedAt = new Map<Session, number>();
  readonly #dialling = new Set<string>();
  /** Peers that were not reached at the last attempt. */
  readonly #outages = new Map<string, Outage>();
  /** How often in a row the session with a peer was replaced because it was in doubt. */
  readonly #replaced = new Map<string, number>();
  /** When each pause before another attempt began, and what ends it. */
  readonly #retries = new Map<string, { readonly since: number; readonly timer: Timer }>();
  readonly #slots = new HandshakeSlots();
  readonly #seen: SeenEphemerals;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  /** Connections accepted before {@linkcode Sessions.answer}; undefined from then on. */
  #early: Connection[] | undefined = [];
  #purpose: SessionPurpose | undefined;
  #owner: SessionOwner | undefined;
  #closed = false;

  constructor(private readonly options: SessionsOptions) {
    this.#seen = new SeenEphemerals(options.clock);
  }

  /** Calls `listener` for each event from now on. It must not throw. */
  on(listener: (event: SessionEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Starts to dial. */
  start(purpose: SessionPurpose): void {
    this.#purpose = purpose;
    this.#owner = this.#ownerFor(purpose);
  }

  /** Starts to answer connections, those accepted before included; to be called after {@linkcode start}. */
  answer(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const connection of early) void this.accept(connection);
  }

  /** Returns the session that messages to this peer go through. */
  get(id: string): Session | undefined {
    return this.#active.get(id);
  }

  /** Tells whether there is a session with a peer that is not in doubt. */
  isSound(id: string): boolean {
    const session = this.#active.get(id);
    return session !== undefined && !this.#isInDoubt(session);
  }

  /** Number of sessions. */
  get size(): number {
    return this.#openedAt.size;
  }

  /** Takes an accepted connection; it is answered once {@linkcode answer} was called. */
  async accept(connection: Connection): Promise<void> {
    if (this.#closed) return connection.close();
    if (this.#early) return void this.#early.push(connection);
    this.#slots.take(connection);
    let channel: SecureChannel | undefined;
    try {
      channel = await respond(connection, this.options.identity, this.#seen, this.options.clock);
    } catch (error) {
      // Anything but a handshake costs a stranger its connection, and nobody else anything.
      if (isFault(error)) this.#fault(error);
    } finally {
      this.#slots.release(connection);
    }
    if (channel) this.#addOrClose(channel);
  }

  /**
   * Wakes the session with this peer, or dials one. The pause after a failed attempt ends early if it is 2 s old.
   *
   * @param news something about the peer changed: dial now, despite earlier failures
   */
  connect(id: string, news = false): void {
    const session = this.#active.get(id);
    if (session) return session.wake();
    if (this.#closed || this.#dialling.has(id)) return;
    const retry = this.#retries.get(id);
    if (retry && !news && this.options.clock.now() - retry.since < PAUSE_MIN_MS) return;
    this.#endPause(id);
    if (this.#purpose?.wantsSession(id)) void this.#dial(id, id);
    else this.#outages.delete(id);
  }

  /**
   * Dials a peer to which a message may follow, whatever happened before; if it is not reached, only a message dials it
   * again. For short-lived peers.
   */
  prepare(id: string): void {
    if (!this.#closed && !this.#active.has(id) && !this.#dialling.has(id)) void this.#dial(id, id);
  }

  /**
   * Dials whoever is at these addresses. A peer with which there is a session already, and we ourselves, get none.
   *
   * @param expected the only peer that is welcome
   * @returns the id of who is there, proven; or one failure for each address tried
   */
  async meet(
    addresses: readonly Address[],
    expected?: string,
  ): Promise<{ readonly id: string } | { readonly failures: readonly DialFailure[] }> {
    const { id: own, identity, streams, clock } = this.options;
    const done = new AbortController();
    let there: string | undefined;
    const isNew = (id: string) => {
      if (expected !== undefined && id !== expected) return false;
      if (id !== own && !this.isSound(id)) return true;
      there = id;
      done.abort();
      return false;
    };
    const signal = AbortSignal.any([this.#closing.signal, done.signal]);
    const result = await dialAny(addresses, isNew, identity, streams, clock, signal);
    if (!("failures" in result)) {
      this.#addOrClose(result);
      return { id: result.remoteId };
    }
    if (result.fault !== undefined && !this.#closed) this.#fault(result.fault);
    return there === undefined ? { failures: result.failures } : { id: there };
  }

  /** Ends sessions through addresses that we no longer have: nothing will ever be answered there. */
  addressesGone(hosts: ReadonlySet<string>): void {
    for (const session of [...this.#openedAt.keys()]) {
      if (session.localHost !== undefined && hosts.has(session.localHost)) {
        session.abort("our address is gone");
      }
    }
  }

  /** The network changed, or this machine has slept: pings through every session, and dials at once every peer that waits for its next attempt. */
  networkChanged(): void {
    for (const session of this.#active.values()) session.ping();
    for (const id of [...this.#retries.keys()]) this.connect(id, true);
  }

  /** Closes every session in order, within a second. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const id of [...this.#retries.keys()]) this.#endPause(id);
    this.#slots.closeAll();
    this.#closing.abort();
    for (const connection of this.#early ?? []) connection.close();
    for (const session of this.#openedAt.keys()) session.close("bye");
    if (this.#openedAt.size > 0) await new Promise<void>((resolve) => this.#allEnded = resolve);
  }

  #allEnded: (() => void) | undefined;

  async #dial(id: string, expected: string | ((id: string) => boolean)): Promise<void> {
    const { identity, streams, clock } = this.options;
    const addresses = this.#purpose?.addressesOf(id) ?? [];
    if (addresses.length === 0) return void this.#outages.delete(id);
    this.#dialling.add(id);
    const result = await dialAny(addresses, expected, identity, streams, clock, this.#closing.signal);
    this.#dialling.delete(id);
    if (!("failures" in result)) return this.#addOrClose(result);
    if (result.fault !== undefined) this.#fault(result.fault);
    // If a session is in doubt, its end will tell.
    if (this.#closed || typeof expected === "function" && this.#active.has(id)) return;
    this.#tell({ type: "unreachable", id, failures: result.failures });
    this.#dialLater(id, true);
  }

  #dialLater(id: string, hasFailed: boolean, why?: string): void {
    if (!hasFailed) this.#outages.delete(id);
    if (this.#closed || this.#retries.has(id)) return;
    if (!this.#purpose?.wantsSession(id)) return void this.#outages.delete(id);
    const { clock, random } = this.options;
    let wait = 0;
    if (hasFailed) {
      const outage = this.#outages.get(id) ?? new Outage(clock, PAUSE_PART);
      this.#outages.set(id, outage);
      wait = outage.pause() * random.between(0.8, 1.2);
    }
    if (why === "full") wait = random.between(FULL_AGAIN_MIN_MS, FULL_AGAIN_MAX_MS);
    const timer = clock.after(wait, () => {
      this.#retries.delete(id);
      this.connect(id);
    });
    this.#retries.set(id, { since: clock.now(), timer });
  }

  #endPause(id: string): void {
    this.#retries.get(id)?.timer.cancel();
    this.#retries.delete(id);
  }

  #isInDoubt({ id, unansweredFor }: Session): boolean {
    return unansweredFor >= DOUBT_AFTER_MS * 2 ** (this.#replaced.get(id) ?? 0);
  }

  /** Dials another session in place of one that is in doubt: after an outage TCP tries again late. */
  #doubt(session: Session): void {
    const { id } = session;
    if (session.ended || this.#active.get(id) !== session || !this.#isInDoubt(session)) return;
    this.#tell({ type: "doubted", session });
    if (this.#dialling.has(id)) return;
    const purpose = this.#purpose!;
    if (purpose.wantsSession(id) || purpose.keeps(session) || purpose.traffic.unacknowledged(session)) {
      void this.#dial(id, (there) => there === id && !this.isSound(id));
    }
  }

  #addOrClose(channel: SecureChannel): void {
    try {
      this.#add(channel);
    } catch (error) {
      channel.framed.close();
      this.#fault(error);
    }
  }

  #add(channel: SecureChannel): void {
    const { id, clock } = this.options;
    const other = channel.remoteId;
    if (this.#closed || other === id) return channel.framed.close();
    const session = new Session(channel, this.#owner!, clock);
    const room = this.#makeRoom(session);
    this.#openedAt.set(session, clock.now());
    if (room) this.#place(session);
    else session.close("full");
    // Data that came with the third message is read at once, and may be a `close`: place the session before that.
    session.start();
  }

  /** Decides which session with this peer is used. */
  #place(session: Session): void {
    const { id, clock } = this.options;
    const other = session.id;
    const older = this.#active.get(other);
    if (!older || older.ended) return this.#attach(session);
    const age = clock.now() - this.#openedAt.get(older)!;
    if (this.#isInDoubt(older)) {
      this.#replaced.set(other, age < STEADY_MS ? (this.#replaced.get(other) ?? 0) + 1 : 0);
    }
    if (
      older.remote.boot !== session.remote.boot || older.initiator === session.initiator || age > AT_ONCE_MS
    ) {
      this.#attach(session);
      this.#extra.get(other)?.close("replaced");
      older.close("replaced");
    } else if (id < other) {
      // Both dialled at once, and the decision is ours: the one that we initiated stays.
      if (session.initiator) this.#attach(session);
      (session.initiator ? older : session).close("replaced");
    } else {
      this.#extra.get(other)?.close("replaced");
      this.#extra.set(other, session);
    }
  }

  #attach(session: Session): void {
    const older = this.#active.get(session.id);
    if (older) this.#tell({ type: "detached", session: older, why: "replaced" });
    this.#active.set(session.id, session);
    this.#endPause(session.id);
    this.#tell({ type: "attached", session });
  }

  /** Tells whether there is room for a new session; if full, closes one that may give way. */
  #makeRoom(session: Session): boolean {
    const limit = this.options.limit ?? SESSIONS_MAX;
    const room = this.#isOurs(session) ? limit : limit - Math.floor(limit * RESERVED);
    if (this.#active.has(session.id) || this.#openedAt.size < room) return true;
    const others = [...this.#openedAt.keys()].filter((each) => !each.ended);
    const isBusy = (each: Session) => this.#purpose!.traffic.unacknowledged(each);
    const gives = givesWay(session, others, (each) => this.#isOurs(each), isBusy);
    gives?.close("full");
    return gives !== undefined;
  }

  /** True if we dialled it or know the peer. */
  #isOurs(session: Session): boolean {
    return session.initiator || this.options.isKnown(session.id);
  }

  #ownerFor(purpose: SessionPurpose): SessionOwner {
    const { traffic } = purpose;
    return {
      received: (session, message) => traffic.received(session, message),
      nextFrame: (session, closing) =>
        traffic.nextFrame(session, closing || this.#active.get(session.id) !== session),
      drained: (session) => traffic.drained(session),
      unacknowledged: (session) => traffic.unacknowledged(session),
      keeps: (session) => this.#active.get(session.id) === session && purpose.keeps(session),
      unanswered: (session) => this.#doubt(session),
      closed: (session, why) => this.#ended(session, why),
      failed: (error) => this.#fault(error),
    };
  }

  #ended(session: Session, why: string): void {
    const { clock } = this.options;
    const id = session.id;
    const lived = clock.now() - (this.#openedAt.get(session) ?? 0);
    this.#openedAt.delete(session);
    if (this.#extra.get(id) === session) this.#extra.delete(id);
    if (this.#active.get(id) === session) {
      this.#active.delete(id);
      this.#tell({ type: "detached", session, why });
      const extra = this.#extra.get(id);
      if (extra && !extra.ended) {
        this.#extra.delete(id);
        this.#attach(extra);
      } else {
        this.#replaced.delete(id);
        this.#dialLater(id, lived < SHORT_LIVED_MS, why);
      }
    }
    this.#tell({ type: "ended", session, why });
    if (this.#openedAt.size === 0) this.#allEnded?.();
  }

  #fault(error: unknown): void {
    this.#tell({ type: "fault", error });
  }

  #tell(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
