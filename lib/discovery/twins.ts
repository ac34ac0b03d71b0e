import type { Clock } from "../platform/clock.ts";
import type { PeerEntry, Starts } from "./peer_entry.ts";
import { RateWindow } from "./rate_window.ts";
import type { DiscoveryListener } from "./roster.ts";

/** Most starts remembered of each peer. */
const STARTS_MAX = 4;
/** Between two times at which two starts of a peer both answer, milliseconds: after a restart it is once at most. */
const AGAIN_MS = 5_000;
/** How long two count as two without being noticed again, milliseconds. */
const TWINS_MS = 600_000;
/** Most warnings per second: ids cost an attacker nothing. */
const WARNINGS_A_SECOND = 1;

/** Tells whether two peers with the identity of this one were noticed in the last 10 minutes; `now` is monotonic. */
export function areTwins({ starts }: { readonly starts: Pick<Starts, "twinsAt"> }, now: number): boolean {
  return now <= starts.twinsAt + TWINS_MS;
}

/** Notices two other peers that share an identity, as a board does with one that has a copy of its flash. */
export class Twins {
  readonly #warnings = new RateWindow(WARNINGS_A_SECOND);

  constructor(private readonly clock: Clock, private readonly emit: DiscoveryListener) {}

  /** Notes that the start `boot` takes the place of the known one; both are proven. */
  replaces(entry: PeerEntry, boot: number): void {
    const { replaced } = entry.starts;
    if (replaced.includes(boot)) this.#notice(entry);
    if (!replaced.includes(entry.boot)) replaced.push(entry.boot);
    if (replaced.length > STARTS_MAX) replaced.shift();
  }

  /** Notes that the start `boot` answers, and the known one too. */
  bothAnswer(entry: PeerEntry, boot: number): void {
    const { starts } = entry;
    const now = this.clock.now();
    if (starts.rival?.boot !== boot) starts.rival = { boot, at: now };
    else if (now >= starts.rival.at + AGAIN_MS) this.#notice(entry);
  }

  #notice(entry: PeerEntry): void {
    const { name, id, addresses, starts } = entry;
    const now = this.clock.now();
    const isNews = !areTwins(entry, now);
    if (isNews && !this.#warnings.take(now)) return;
    starts.twinsAt = now;
    if (!isNews) return;
    const hosts = [...new Set(addresses.map(({ host }) => host))];
    this.emit({
      type: "warning",
      code: "twins",
      message:
        `two peers share the identity of ${name} (${id}), heard at ${hosts.join(", ") || "no address"}: ` +
        "unless one only pretends to be it, erase the flash of one board and flash it again, or give one program a state folder of its own",
    });
  }
}
