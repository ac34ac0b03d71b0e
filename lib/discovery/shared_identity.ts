import type { Datagram } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import type { Announcement } from "../protocol/announcement.ts";
import type { Announcer, SelfDescription } from "./announcer.ts";
import { sourceOf } from "./peer_addresses.ts";
import type { Responder } from "./responder.ts";
import type { DiscoveryListener } from "./roster.ts";

const ASK_EVERY_MS = 10_000;

/**
 * Detects another running peer with our identity. Our own announcements come back to us and are ignored. An
 * announcement of another start may be a replay of an earlier one of ours. So its sender is asked, and only an echo
 * proves that it is there.
 */
export class SharedIdentity {
  #askedAt = -Infinity;
  #proven = false;

  constructor(
    private readonly self: SelfDescription,
    private readonly announcer: Announcer,
    private readonly responder: Responder,
    private readonly clock: Clock,
    private readonly emit: DiscoveryListener,
  ) {}

  /** Processes an announcement with our id. */
  heard({ t, boot, brief, nonce, echo }: Announcement, datagram: Datagram): void {
    const { self } = this;
    if (boot === self.boot || brief || self.brief) return;
    const from = sourceOf(datagram);
    if (t === "ask" && datagram.via === "own") this.responder.answerAlone(from, nonce);
    if (this.#proven) return;
    if (this.announcer.askedAt(echo, self.id) !== undefined) {
      this.#proven = true;
      this.emit({
        type: "warning",
        code: "shared-identity",
        message: `two peers share this identity, the other one is at ${from.host}: ` +
          "one of them needs a state folder of its own",
      });
    } else if (this.clock.now() >= this.#askedAt + ASK_EVERY_MS) {
      this.#askedAt = this.clock.now();
      this.announcer.askPeer(self.id, [from]);
    }
  }
}
