import type { Datagram } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import type { Announcement } from "../protocol/announcement.ts";
import type { AskTarget } from "./peer_addresses.ts";
import type { Responder } from "./responder.ts";
import type { DiscoveryListener } from "./events.ts";
import type { Nonces } from "./nonces.ts";
import type { Announcer, SelfDescription } from "./announcer.ts";

const ASK_EVERY_MS = 10_000;

/** What {@linkcode SharedIdentity} needs. */
export interface SharedIdentityOptions {
  readonly self: SelfDescription;
  readonly clock: Clock;
  readonly nonces: Nonces;
  readonly announcer: Announcer;
  readonly responder: Responder;
  readonly emit: DiscoveryListener;
}

/**
 * Announcements with our own id. Ours come back to us and are ignored; those of another start may be replays of an
 * earlier one of ours, so that one is asked, and only its echo shows that two peers share this identity.
 */
export class SharedIdentity {
  #askedAt = -Infinity;
  #proven = false;

  constructor(private readonly options: SharedIdentityOptions) {}

  /** An announcement with our id. */
  heard(announcement: Announcement, from: AskTarget, via: Datagram["via"]): void {
    const { self, clock, nonces, announcer, responder, emit } = this.options;
    if (announcement.boot === self.boot || announcement.brief || self.brief) return;
    if (announcement.t === "ask" && via === "own") {
      responder.answerAlone({ from, nonce: announcement.nonce });
    }
    if (this.#proven) return;
    if (nonces.answers(announcement.echo, self.id)) {
      this.#proven = true;
      emit({
        type: "warning",
        code: "shared-identity",
        message: `two peers share this identity, the other one is at ${from.host}: ` +
          "one of them needs a state folder of its own",
      });
    } else if (clock.now() >= this.#askedAt + ASK_EVERY_MS) {
      this.#askedAt = clock.now();
      announcer.unicast({ t: "ask", nonce: nonces.issue(self.id), want: self.id }, [from]);
    }
  }
}
