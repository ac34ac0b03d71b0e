import type { Discovery, DiscoveryEvent } from "../discovery/discovery.ts";
import { RateWindow } from "../discovery/rate_window.ts";
import type { RosterEntry } from "../discovery/roster.ts";
import { areTwins } from "../discovery/twins.ts";
import { isNodeId, shortId } from "../identity/node_id.ts";
import type { TrustBook } from "../identity/trust_book.ts";
import { plainHost } from "../net/addresses.ts";
import type { Address } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import type { Session } from "../session/session.ts";
import { type DialFailure, failureText, mostTelling } from "../session/dial_failure.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { hostPortText } from "../protocol/host_port.ts";
import { foldLabel } from "../protocol/label.ts";
import { EARSHOT_PORT, PORT_TRIES, ROSTER_MAX } from "../protocol/limits.ts";
import type { EventHub } from "./event_hub.ts";
import { findNamed, findRecipient, isCalled, keyChanged } from "../identity/naming.ts";
import type { PeerEvent, PeerInfo, PeerRef } from "./types.ts";

/** How long to wait for any peer at all, milliseconds. */
export const NOBODY_AFTER_MS = 4_000;
/**
 * Time for a second peer of the same name to answer, milliseconds: after the question the longest delay of an answer
 * and some more; after the first answer that delay, because the question may have been slow.
 */
const NAMESAKE_MS = 120;
const NAMESAKE_LATER_MS = 100;
/** Time for the others to answer after the first, milliseconds. */
const OTHERS_MS = 250;
const WARNED_MAX = 1_024;
/** Most short-lived peers whose names are remembered: an answer to one is reported after it left. */
const VISITORS_MAX = 1_024;
/** Most events per second about names of unproven peers, which cost an attacker nothing. */
const UNPROVEN_A_SECOND = 5;
const PORT_RANGE = `${EARSHOT_PORT} to ${EARSHOT_PORT + PORT_TRIES - 1}`;

/** Failures that are usually a firewall's. */
const FIREWALL = new Set<DialFailure["kind"]>(["silent", "refused", "no-route", "rejected"]);

/** The fields of a peer that events carry. */
type Described = Pick<RosterEntry, "id" | "name" | "kind" | "shownAddress">;

/** Peers as the user sees them: the roster, with names, trust, and why a peer cannot be reached. */
export class PeerDirectory {
  readonly #warned = new Set<string>();
  /** The last reported name of each peer. */
  readonly #told = new Map<string, string>();
  /** Proven names of short-lived peers, which are in no roster. */
  readonly #visitors = new Map<string, string>();
  readonly #unproven = new RateWindow(UNPROVEN_A_SECOND);
  readonly #changed = new Set<() => void>();
  /** The last failed dial, by peer. */
  readonly #failures = new Map<string, DialFailure>();
  readonly #sought = new Set<{ readonly want: string | undefined }>();

  /** @param likely called with the id of the recipient for which the user looks, unless another one appears */
  constructor(
    private readonly discovery: Discovery,
    private readonly trust: TrustBook,
    private readonly hub: EventHub,
    private readonly clock: Clock,
    private readonly brief: boolean,
    private readonly self: PeerRef,
    private readonly likely: (id: string) => void = () => {},
  ) {}

  /** All peers heard of: those that are up first, then by name. */
  list(): PeerInfo[] {
    return this.discovery.roster.entries().map((entry) => this.#info(entry)).sort((a, b) =>
      Number(b.state !== "gone") - Number(a.state !== "gone") || a.name.localeCompare(b.name) ||
      (a.id < b.id ? -1 : 1)
    );
  }

  /** Returns a peer by its id, with the best known name. */
  ref(id: string): PeerRef {
    const name = this.discovery.roster.get(id)?.name ?? this.#visitors.get(id) ?? this.trust.get(id)?.name ??
      shortId(id);
    return { id, name };
  }

  /** Returns the addresses of a peer, best first. */
  addressesOf(id: string): readonly Address[] {
    return this.discovery.roster.get(id)?.addresses ?? [];
  }

  /** Records that dialling a peer failed. */
  unreachable(id: string, failures: readonly DialFailure[]): void {
    if (this.#failures.size > WARNED_MAX) this.#failures.clear();
    const failure = mostTelling(failures);
    if (failure) this.#failures.set(id, failure);
    this.discovery.check(id, failures.map(({ address }) => address));
  }

  /**
   * Records a session with a peer. A short-lived command has no entry in the roster; only its session tells its name.
   *
   * @param source host of the peer that told of it
   */
  met({ id, remote, address, initiator }: Session, source?: string): void {
    this.#failures.delete(id);
    const { name, kind, boot } = remote;
    this.#checkName({ id, name });
    if (remote.brief) {
      this.#visitors.delete(id);
      if (this.#visitors.size >= VISITORS_MAX) this.#visitors.delete(this.#visitors.keys().next().value!);
      this.#visitors.set(id, name);
      this.#tellName({ id, name, kind, shownAddress: address, proven: true });
    } else {
      const way = initiator ? { address } : { cameFrom: plainHost(address.host) };
      this.discovery.sessionSeen(id, { name, kind, boot, ...way, source });
    }
  }

  /** Returns the reason why a peer cannot be reached, and the address that was tried. */
  whyNot(id: string): { readonly why: string; readonly address?: string } {
    const entry = this.discovery.roster.get(id);
    if (entry?.state !== "up") return { why: "not within earshot" };
    const failure = this.#failures.get(id);
    const address = addressText(failure?.address ?? entry.shownAddress);
    if (!failure) return { why: `no session yet: TCP ${address} has not answered so far`, address };
    const look = FIREWALL.has(failure.kind)
      ? `; look for a firewall there that blocks TCP ${PORT_RANGE} (\`earshot doctor\` there names it)`
      : `; \`earshot doctor ${shortId(id)}\` looks closer`;
    const text = `${failureText(failure)}${look}`;
    return { why: entry.unreachable ? `it announces itself, but ${text}` : text, address };
  }

  /** Passes on an event of discovery. */
  discovered(event: Exclude<DiscoveryEvent, { readonly type: "woke" }>): void {
    if (event.type === "warning") this.hub.warn(event.code, event.message);
    else if (event.type === "unreachable") {
      const { why, address } = this.whyNot(event.peer.id);
      this.#tell("unreachable", event.peer, { why, ...(address !== undefined && { address }) });
    } else if (event.type === "reached") this.#tell("up", event.peer);
    else if (event.type !== "contested") {
      if (event.type !== "gone") {
        this.#checkName(event.peer, event.peer.proven);
        this.#tellName(event.peer);
      }
      if (event.type !== "changed") this.#tell(event.type, event.peer, { why: event.why });
    }
    for (const changed of [...this.#changed]) changed();
  }

  /**
   * Warns, once for each pair, that a known name appears with another key, even if that key is known under another
   * name.
   */
  #checkName(peer: PeerRef, proven = true): void {
    const owner = this.trust.otherOwner(peer.id, peer.name);
    const pair = `${peer.id} ${owner?.id}`;
    if (!owner || this.#warned.has(pair) || !this.#mayTell(proven)) return;
    if (this.#warned.size >= WARNED_MAX) this.#warned.clear();
    this.#warned.add(pair);
    this.hub.warn("key-changed", `WARNING: ${keyChanged(peer, owner)}`);
  }

  /** Reports that a peer's name differs from the last reported one, or from the one on record. */
  #tellName(peer: Described & { readonly proven: boolean }): void {
    const { id, name } = peer;
    const was = this.#told.get(id) ?? this.trust.get(id)?.name ?? name;
    if (was !== name && !this.#mayTell(peer.proven)) return;
    this.#told.delete(id);
    if (this.#told.size >= ROSTER_MAX) this.#told.delete(this.#told.keys().next().value!);
    this.#told.set(id, name);
    if (was.normalize("NFC") !== name.normalize("NFC")) this.#tell("renamed", peer, { was });
  }

  /** Limits events about unproven names. One that is dropped now is reported at the peer's next sign of life. */
  #mayTell(proven: boolean): boolean {
    return proven || this.#unproven.take(this.clock.now());
  }

  #tell(
    state: (PeerEvent & { readonly event: "peer" })["state"],
    { id, name, kind, shownAddress }: Described,
    more: { readonly why?: string; readonly was?: string; readonly address?: string } = {},
  ): void {
    if (this.brief) return;
    this.hub.emit({ event: "peer", state, id, name, kind, address: addressText(shownAddress), ...more });
  }

  /**
   * Finds the peer meant by a name, an id or the beginning of an id; waits for it.
   *
   * @throws {UserError} nobody in time (exit 3), two fit (exit 2), known name with a new key or blocked (exit 4)
   */
  async resolve(target: string, timeoutMs: number): Promise<PeerRef> {
    const folded = foldLabel(target);
    const here = () => findRecipient(target, this.#up(), this.trust, { self: this.self, gone: this.#gone() });
    const isUp = () => {
      const peer = here();
      return peer !== undefined && this.discovery.roster.get(peer.id)?.state === "up";
    };
    const isSearched = this.discovery.seekingSince !== undefined;
    const found = !this.brief && isUp() ? here() : await this.#seeking(target, async () => {
      const isNew = !isUp() || isSearched;
      if (!isUp()) await this.#until(isUp, timeoutMs);
      // Another peer may have the same name, unless it is known, or an id with the same beginning; only a full id is
      // unique.
      const peer = this.brief && isNew && isUp() ? here() : undefined;
      const isOwner = (id: string) => this.trust.byName(target).some((owner) => owner.id === id);
      const isSure = peer && (isNodeId(folded) || isOwner(peer.id));
      if (peer && !isSure) {
        this.likely(peer.id);
        await this.#until(() => false, this.#namesakeMs(peer.id));
      }
      return here();
    });
    if (found) return found;
    throw new UserError(
      `No peer "${target}" within earshot. \`earshot peers\` shows who is there, \`earshot doctor\` why somebody is not.`,
      ExitCode.nobody,
    );
  }

  /** How long a peer of the same name as this one may still take to answer, milliseconds. */
  #namesakeMs(id: string): number {
    const now = this.clock.now();
    const heard = this.discovery.roster.get(id)?.heardAt ?? now;
    const asked = this.discovery.seekingSince ?? now;
    return Math.max(asked + NAMESAKE_MS, heard + NAMESAKE_LATER_MS) - now;
  }

  /**
   * Finds the peer meant by a trust command: one that is present or on record.
   *
   * @param first the list that is searched first for a name
   * @param takesAnyId true: a full id need not be known, nor there
   * @throws {UserError} nobody (exit 3), or two fit (2)
   */
  choose(target: string, first: "present" | "known", takesAnyId = false): PeerRef {
    const present = this.discovery.roster.entries();
    const known = this.trust.list();
    const [one, other] = first === "present" ? [present, known] : [known, present];
    const found = findNamed(target, one, other, this.self);
    if (found) return found;
    const folded = foldLabel(target);
    if (takesAnyId && isNodeId(folded)) return this.ref(folded);
    throw new UserError(
      `No peer "${target}" is known or within earshot. \`earshot peers\` and \`earshot known\` show their ids.`,
      ExitCode.nobody,
    );
  }

  /** Lists every peer that is up. Waits if none is, and a moment for the rest if one is. */
  async everyone(waitMs = NOBODY_AFTER_MS): Promise<PeerRef[]> {
    await this.#seeking(undefined, async () => {
      await this.#until(() => this.#up().length > 0, waitMs);
      if (this.brief) await this.#until(() => false, OTHERS_MS);
    });
    return this.#up().filter((peer) => !this.trust.isBlocked(peer.id)).map(({ id, name }) => ({ id, name }));
  }

  /**
   * Asks for a peer, or for everybody, during `work`. A short-lived peer hears only from peers that it asks, and a
   * running one may have missed some.
   */
  async #seeking<T>(want: string | undefined, work: () => Promise<T>): Promise<T> {
    if (!this.brief && want === undefined) return await work();
    const sought = { want };
    this.#sought.add(sought);
    // If calls look for different peers, everybody has to answer.
    const same = !this.brief || [...this.#sought].every((each) => each.want === want);
    this.discovery.seek(same ? want : undefined);
    try {
      return await work();
    } finally {
      this.#sought.delete(sought);
      if (this.#sought.size === 0) this.discovery.stopSeeking();
    }
  }

  /** Tells whether the user looks for this peer, or for anybody. */
  isSought(peer: PeerRef): boolean {
    return [...this.#sought].some(({ want }) => want === undefined || isCalled(peer, want));
  }

  #up(): RosterEntry[] {
    return this.discovery.roster.up();
  }

  #gone(): RosterEntry[] {
    return this.discovery.roster.entries().filter((entry) => entry.state === "gone");
  }

  #info(entry: RosterEntry): PeerInfo {
    const tried = entry.unreachable ? this.whyNot(entry.id) : undefined;
    const address = tried?.address ?? addressText(entry.shownAddress);
    return {
      id: entry.id,
      name: entry.name,
      kind: entry.kind,
      address,
      from: address === "" ? entry.cameFrom : undefined,
      state: tried ? "unreachable" : entry.state,
      why: tried?.why,
      lastSeen: Math.round(entry.lastSeen),
      known: this.trust.isKnown(entry.id),
      ...(this.trust.isBlocked(entry.id) && { blocked: true }),
      ...(areTwins(entry, this.clock.now()) && { twins: true }),
    };
  }

  /** Resolves when the condition holds, checked after each event of discovery, or after `ms`. */
  #until(condition: () => boolean, ms: number): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        this.#changed.delete(look);
      };
      const look = () => {
        try {
          if (!condition()) return;
          end();
          resolve();
        } catch (error) {
          end();
          reject(error);
        }
      };
      const timer = this.clock.after(ms, () => {
        end();
        resolve();
      });
      this.#changed.add(look);
    });
  }
}

/** Formats an address: `host:port`, or `[host]:port` for IPv6; nothing if there is none. */
export function addressText(address: Address | undefined): string {
  return address ? hostPortText(address) : "";
}
