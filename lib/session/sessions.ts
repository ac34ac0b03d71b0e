import { largestCrowd, networkOf } from "../net/addresses.ts";
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
import { HandshakeSlots } from "./handshake_slots.ts";
import { Session, type SessionOwner, type SessionTraffic } from "./session.ts";

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 60_000;
/** A session that ended sooner than this counts as a failed attempt. */
const SHORT_LIVED_MS = 1_000;
/** Who was turned away by a full peer tries again after a time between these. */
const FULL_AGAIN_MIN_MS = 1_000;
const FULL_AGAIN_MAX_MS = 5_000;
/** A session gives way to a new peer only once it was quiet for this long. */
const EVICT_AFTER_MS = 1_000;
/** Both sides dialled at once only where the older session is no older than a handshake may take. */
const AT_ONCE_MS = HANDSHAKE_LIMIT_MS + 1_000;

/** The share of all sessions that strangers who dial us cannot have. */
const RESERVED = 1 / 16;

/** Whom to dial, and what to carry. Nothing here may throw. */
export interface SessionPurpose {
  /** Where a peer may be reached, best first. */
  addressesOf(id: string): readonly Address[];
  /** Whether there is something for this peer that needs a session. */
  wantsSession(id: string): boolean;
  readonly traffic: SessionTraffic;
}

/** What happens to sessions. */
export type SessionEvent =
  /** From now on what is sent to this peer goes through this session. */
  | { readonly type: "attached"; readonly session: Session }
  /** The session was the one that is sent through, and is no more. */
  | { readonly type: "detached"; readonly session: Session; readonly why: string }
  /** Any session ended, attached or not. The one that is sent through from now on, if any, is that of `get`. */
  | { readonly type: "ended"; readonly session: Session }
  /** An attempt to reach the peer failed; another one follows as long as it is wanted. */
  | { readonly type: "unreachable"; readonly id: string; readonly failures: readonly DialFailure[] }
  /** Something failed that must not: a fault of this program. */
  | { readonly type: "fault"; readonly error: unknown };

/** Options of {@linkcode Sessions}. */
export interface SessionsOptions {
  readonly id: string;
  readonly identity: HandshakeIdentity;
  readonly streams: StreamNet;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether this is a known peer: places are kept for those. */
  readonly isKnown: (id: string) => boolean;
  /** At most so many at one time. */
  readonly limit?: number;
}

/**
 * All sessions of a peer (PROTOCOL.md 3.9): accepts and dials them, keeps one for each other peer, makes room when
 * full, and dials again as long as one is wanted.
 */
export class Sessions {
  /** The session that is sent through, by the other side's id. */
  readonly #active = new Map<string, Session>();
  /** Second sessions: both sides dialled at once, and the other side decides which one stays. */
  readonly #extra = new Map<string, Session>();
  readonly #openedAt = new Map<Session, number>();
  readonly #dialling = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #retries = new Map<string, Timer>();
  readonly #slots = new HandshakeSlots();
  readonly #seen: SeenEphemerals;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  /** Who connected before anybody was answered; undefined from then on. */
  #early: Connection[] | undefined = [];
  #purpose: SessionPurpose | undefined;
  #owner: SessionOwner | undefined;
  #closed = false;

  constructor(private readonly options: SessionsOptions) {
    this.#seen = new SeenEphemerals(options.clock);
  }

  /** Calls back for everything that happens from now on. A listener must not throw. */
  on(listener: (event: SessionEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Begins to dial. */
  start(purpose: SessionPurpose): void {
    this.#purpose = purpose;
    this.#owner = this.#ownerFor(purpose.traffic);
  }

  /** Begins to answer who connects, or has connected; to be called after {@linkcode start}. */
  answer(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const connection of early) void this.accept(connection);
  }

  /** The session through which this peer is sent to. */
  get(id: string): Session | undefined {
    return this.#active.get(id);
  }

  /** How many there are. */
  get size(): number {
    return this.#openedAt.size;
  }

  /** Somebody connected; nobody is answered before {@linkcode answer}. */
  async accept(connection: Connection): Promise<void> {
    if (this.#closed) return connection.close();
    if (this.#early) return void this.#early.push(connection);
    this.#slots.take(connection);
    let channel: SecureChannel | undefined;
    try {
      channel = await respond(connection, this.options.identity, this.#seen, this.options.clock);
    } catch (error) {
      // Whatever a stranger sends instead of a handshake costs it the connection and nobody anything else.
      if (isFault(error)) this.#fault(error);
    } finally {
      this.#slots.release(connection);
    }
    if (channel) this.#addOrClose(channel);
  }

  /**
   * Makes sure that what waits for this peer goes out: wakes its session, or dials one.
   *
   * @param news something about the peer changed: try now, however often it failed before
   */
  connect(id: string, news = false): void {
    const session = this.#active.get(id);
    if (session) return session.wake();
    if (this.#closed || this.#dialling.has(id)) return;
    const retry = this.#retries.get(id);
    if (retry && !news) return;
    retry?.cancel();
    this.#retries.delete(id);
    void this.#dial(id);
  }

  /** These addresses of ours are gone: what went through them will never be answered. */
  addressesGone(hosts: ReadonlySet<string>): void {
    for (const session of [...this.#openedAt.keys()]) {
      if (session.localHost !== undefined && hosts.has(session.localHost)) {
        session.abort("our address is gone");
      }
    }
  }

  /** Ends every session in good order, within a second. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const retry of this.#retries.values()) retry.cancel();
    this.#retries.clear();
    this.#slots.closeAll();
    this.#closing.abort();
    for (const connection of this.#early ?? []) connection.close();
    for (const session of this.#openedAt.keys()) session.close("bye");
    if (this.#openedAt.size > 0) await new Promise<void>((resolve) => this.#allEnded = resolve);
  }

  #allEnded: (() => void) | undefined;

  async #dial(id: string): Promise<void> {
    const { identity, streams, clock } = this.options;
    const addresses = this.#purpose?.wantsSession(id) ? this.#purpose.addressesOf(id) : [];
    if (addresses.length === 0) return;
    this.#dialling.add(id);
    const result = await dialAny(addresses, id, identity, streams, clock, this.#closing.signal);
    this.#dialling.delete(id);
    if (!("failures" in result)) return this.#addOrClose(result);
    if (result.fault !== undefined) this.#fault(result.fault);
    if (this.#closed) return;
    this.#tell({ type: "unreachable", id, failures: result.failures });
    this.#failures.set(id, (this.#failures.get(id) ?? 0) + 1);
    this.#dialLater(id);
  }

  #dialLater(id: string, why?: string): void {
    if (this.#closed || this.#retries.has(id)) return;
    if (!this.#purpose?.wantsSession(id)) {
      this.#failures.delete(id);
      return;
    }
    const failures = this.#failures.get(id) ?? 0;
    const wait = why === "full"
      ? this.options.random.between(FULL_AGAIN_MIN_MS, FULL_AGAIN_MAX_MS)
      : Math.min(BACKOFF_FIRST_MS * 2 ** failures / 2, BACKOFF_MAX_MS) *
        this.options.random.between(0.8, 1.2);
    this.#retries.set(
      id,
      this.options.clock.after(failures === 0 && why !== "full" ? 0 : wait, () => this.connect(id, true)),
    );
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
    // What came with the third message is read at once, and may be a goodbye: the session has its place before.
    session.start();
  }

  /** Decides which session with this peer is sent through. */
  #place(session: Session): void {
    const { id, clock } = this.options;
    const other = session.id;
    const older = this.#active.get(other);
    if (!older || older.ended) return this.#attach(session);
    const age = clock.now() - this.#openedAt.get(older)!;
    if (
      older.remote.boot !== session.remote.boot || older.initiator === session.initiator || age > AT_ONCE_MS
    ) {
      this.#attach(session);
      this.#extra.get(other)?.close("replaced");
      older.close("replaced");
    } else if (id < other) {
      // Both dialled at once, and it is ours to decide: the one that we initiated stays.
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
    this.#retries.get(session.id)?.cancel();
    this.#retries.delete(session.id);
    this.#tell({ type: "attached", session });
  }

  /** Whether there is room for a new session; a full set closes one that may give way. */
  #makeRoom(session: Session): boolean {
    const limit = this.options.limit ?? SESSIONS_MAX;
    const room = this.#isOurs(session) ? limit : limit - Math.floor(limit * RESERVED);
    if (this.#active.has(session.id) || this.#openedAt.size < room) return true;
    const gives = this.#givesWay(session);
    gives?.close("full");
    return gives !== undefined;
  }

  /** Whether we dialled it, or know the peer. */
  #isOurs(session: Session): boolean {
    return session.initiator || this.options.isKnown(session.id);
  }

  /**
   * The session that gives way to a new one: one of the address that has most strangers' sessions, or else an idle one. A
   * stranger takes no place from a known peer, nor from what we dialled.
   */
  #givesWay(newcomer: Session): Session | undefined {
    const others = [...this.#openedAt.keys()].filter((session) => !session.ended);
    const hostOf = (session: Session) => session.address.host;
    const crowd = largestCrowd(others.filter((session) => !this.#isOurs(session)), hostOf);
    const neighbours =
      others.filter((each) => networkOf(hostOf(each)) === networkOf(hostOf(newcomer))).length;
    const isUnfair = crowd.length > 0 && (this.#isOurs(newcomer) || crowd.length > neighbours + 1);
    const isBusy = (session: Session) => this.#purpose!.traffic.unacknowledged(session);
    if (isUnfair) return quietest(crowd.filter((each) => !isBusy(each))) ?? quietest(crowd);
    const mayGo = (each: Session) => this.#isOurs(newcomer) || !this.#isOurs(each);
    return quietest(others.filter((each) => mayGo(each) && each.quietFor >= EVICT_AFTER_MS && !isBusy(each)));
  }

  #ownerFor(traffic: SessionTraffic): SessionOwner {
    return {
      received: (session, message) => traffic.received(session, message),
      nextFrame: (session, closing) =>
        traffic.nextFrame(session, closing || this.#active.get(session.id) !== session),
      drained: (session) => traffic.drained(session),
      unacknowledged: (session) => traffic.unacknowledged(session),
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
        this.#failures.set(id, lived < SHORT_LIVED_MS ? (this.#failures.get(id) ?? 0) + 1 : 0);
        this.#dialLater(id, why);
      }
    }
    this.#tell({ type: "ended", session });
    if (this.#openedAt.size === 0) this.#allEnded?.();
  }

  #fault(error: unknown): void {
    this.#tell({ type: "fault", error });
  }

  #tell(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function quietest(sessions: readonly Session[]): Session | undefined {
  return sessions.reduce<Session | undefined>(
    (found, each) => found && found.quietFor >= each.quietFor ? found : each,
    undefined,
  );
}
