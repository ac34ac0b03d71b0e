import type { Discovery, DiscoveryEvent } from "../discovery/discovery.ts";
import type { RosterEntry } from "../discovery/roster.ts";
import { shortId } from "../identity/node_id.ts";
import type { TrustBook } from "../identity/trust.ts";
import type { Address } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import { EARSHOT_PORT } from "../protocol/limits.ts";
import { type DialFailure, failureText, mostTelling } from "../session/dial_failure.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import type { EventHub } from "./event_hub.ts";
import { findNamed, findRecipient, keyChanged } from "./recipients.ts";
import type { PeerInfo, PeerRef } from "./types.ts";

/** How long to wait for anybody at all before saying that nobody is there. */
export const NOBODY_AFTER_MS = 4_000;
/** A second peer of the same name may answer a little later than the first. */
const NAMESAKE_MS = 250;
const WARNED_MAX = 1_024;
const PORT_RANGE = `${EARSHOT_PORT} to ${EARSHOT_PORT + 16}`;

/** Failures that are a firewall's more often than anything else's. */
const FIREWALL = new Set<DialFailure["kind"]>(["silent", "refused", "no-route"]);

/** Who is there, as the user sees it: the roster, names, and what is known of them. */
export class Presence {
  readonly #warned = new Set<string>();
  readonly #changed = new Set<() => void>();
  /** Why sessions with peers could not be had. */
  readonly #failures = new Map<string, DialFailure>();
  readonly #sought = new Set<{ readonly want: string | undefined }>();

  constructor(
    private readonly discovery: Discovery,
    private readonly trust: TrustBook,
    private readonly hub: EventHub,
    private readonly clock: Clock,
    private readonly brief: boolean,
  ) {}

  /** Everybody heard of: those that are up first, then by name. */
  list(): PeerInfo[] {
    return this.discovery.roster.entries().map((entry) => this.#info(entry)).sort((a, b) =>
      Number(b.state !== "gone") - Number(a.state !== "gone") || a.name.localeCompare(b.name) ||
      (a.id < b.id ? -1 : 1)
    );
  }

  /** A peer by its id, named as well as can be. */
  ref(id: string): PeerRef {
    const name = this.discovery.roster.get(id)?.name ?? this.trust.get(id)?.name ?? shortId(id);
    return { id, name };
  }

  /** Where sessions with a peer may be dialled. */
  addressesOf(id: string): readonly Address[] {
    return this.discovery.roster.get(id)?.addresses ?? [];
  }

  /** A session with a peer was tried in vain. */
  unreachable(id: string, failures: readonly DialFailure[]): void {
    if (this.#failures.size > WARNED_MAX) this.#failures.clear();
    const failure = mostTelling(failures);
    if (failure) this.#failures.set(id, failure);
    this.discovery.check(id, failures.map(({ address }) => address));
  }

  /** There is a session with this peer. */
  reached(id: string): void {
    this.#failures.delete(id);
  }

  /** Why nothing can be sent to a peer, and where it was tried. */
  whyNot(id: string): { readonly why: string; readonly address?: string } {
    const entry = this.discovery.roster.get(id);
    if (entry?.state !== "up") return { why: "not within earshot" };
    const failure = this.#failures.get(id);
    const address = addressText(failure?.address ?? entry.shownAddress);
    if (!failure) return { why: `no session yet: TCP ${address} has not answered so far`, address };
    const look = FIREWALL.has(failure.kind)
      ? `; look for a firewall there that blocks TCP ${PORT_RANGE}`
      : "";
    const text = `${failureText(failure)}${look}`;
    return { why: entry.unreachable ? `it announces itself, but ${text}` : text, address };
  }

  /** Passes on what discovery sees. */
  discovered(event: DiscoveryEvent): void {
    if (event.type === "warning") this.hub.warn(event.code, event.message);
    else if (event.type === "unreachable") {
      const { why, address } = this.whyNot(event.peer.id);
      this.#tell(event.peer, "unreachable", why, address);
    } else if (event.type === "reached") this.#tell(event.peer, "up");
    else if (event.type === "up" || event.type === "gone") {
      if (event.type === "up") this.checkName(event.peer);
      this.#tell(event.peer, event.type, event.why);
    }
    for (const changed of [...this.#changed]) changed();
  }

  /** Warns, once for each such pair, where a known name comes with another key. */
  checkName(peer: PeerRef): void {
    const verdict = this.trust.verdict(peer.id, peer.name);
    const pair = `${peer.id} ${peer.name}`;
    if (verdict.kind !== "impostor" || this.#warned.has(pair)) return;
    if (this.#warned.size >= WARNED_MAX) this.#warned.clear();
    this.#warned.add(pair);
    this.hub.warn("key-changed", `WARNING: ${keyChanged(peer, verdict.known)}`);
  }

  /**
   * Whom a name, an id or the beginning of an id means, waiting until such a peer is there.
   *
   * @throws {UserError} nobody in time (exit 3), two fit (exit 2), known name with a new key or blocked (exit 4)
   */
  async resolve(target: string, timeoutMs: number): Promise<PeerRef> {
    const here = () => findRecipient(target, this.#up(), this.trust);
    const isUp = () => {
      const peer = here();
      return peer !== undefined && this.discovery.roster.get(peer.id)?.state === "up";
    };
    const found = !this.brief && isUp() ? here() : await this.#seeking(target, async () => {
      if (!isUp()) {
        await this.#until(isUp, timeoutMs);
        // A name may be somebody else's as well, unless it is known; an id is nobody else's.
        const peer = this.brief && isUp() ? here() : undefined;
        const sure = peer && (this.trust.isKnown(peer.id) || peer.id === target.toLowerCase());
        if (peer && !sure) await this.#until(() => false, NAMESAKE_MS);
      }
      return here();
    });
    if (found) return found;
    throw new UserError(
      `No peer "${target}" within earshot. \`earshot peers\` shows who is there.`,
      ExitCode.nobody,
    );
  }

  /**
   * Whom an order about trust means: somebody present or on record.
   *
   * @param first where a name is looked for first
   * @throws {UserError} nobody (exit 3), or two fit (2)
   */
  choose(target: string, first: "present" | "known"): PeerRef {
    const present = this.discovery.roster.entries();
    const known = this.trust.list();
    const found = first === "present" ? findNamed(target, present, known) : findNamed(target, known, present);
    if (found) return found;
    throw new UserError(
      `No peer "${target}" is known or within earshot. \`earshot peers\` and \`earshot known\` show their ids.`,
      ExitCode.nobody,
    );
  }

  /** Everybody who is up; waits a while where nobody is, and a moment for the rest where somebody is. */
  async everyone(waitMs = NOBODY_AFTER_MS): Promise<PeerRef[]> {
    await this.#seeking(undefined, async () => {
      await this.#until(() => this.#up().length > 0, waitMs);
      if (this.brief) await this.#until(() => false, NAMESAKE_MS);
    });
    return this.#up().filter((peer) => !this.trust.isBlocked(peer.id)).map(({ id, name }) => ({ id, name }));
  }

  /**
   * Asks for a peer, or for everybody, while `work` is done: a short-lived peer hears from those only that it asks, and
   * a running one may have missed somebody.
   */
  async #seeking<T>(want: string | undefined, work: () => Promise<T>): Promise<T> {
    if (!this.brief && want === undefined) return await work();
    const sought = { want };
    this.#sought.add(sought);
    // Where several look for different peers, everybody has to answer.
    const same = !this.brief || [...this.#sought].every((each) => each.want === want);
    this.discovery.seek(same ? want : undefined);
    try {
      return await work();
    } finally {
      this.#sought.delete(sought);
      if (this.#sought.size === 0) this.discovery.stopSeeking();
    }
  }

  #up(): RosterEntry[] {
    return this.discovery.roster.up();
  }

  #tell(
    { id, name, kind, shownAddress }: RosterEntry,
    state: PeerInfo["state"],
    why?: string,
    address = addressText(shownAddress),
  ): void {
    if (!this.brief) this.hub.emit({ event: "peer", state, id, name, kind, address, why });
  }

  #info(entry: RosterEntry): PeerInfo {
    const tried = entry.unreachable ? this.whyNot(entry.id) : undefined;
    return {
      id: entry.id,
      name: entry.name,
      kind: entry.kind,
      address: tried?.address ?? addressText(entry.shownAddress),
      state: tried ? "unreachable" : entry.state,
      why: tried?.why,
      lastSeen: Math.round(entry.lastSeen),
      known: this.trust.isKnown(entry.id),
    };
  }

  /** Resolves when the condition holds, looked at whenever discovery saw something, or after the time. */
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

/** `host:port`, or `[host]:port` for IPv6. */
export function addressText(address: Address | undefined): string {
  if (!address) return "";
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
