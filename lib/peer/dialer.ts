import type { Delivery } from "../delivery/delivery.ts";
import type { DiscoveryEvent } from "../discovery/discovery.ts";
import type { SessionEvent, Sessions } from "../session/sessions.ts";
import type { EventHub } from "./event_hub.ts";

/** Dials a peer that appears if messages wait for it, and an id that several peers claim. */
export class Dialer {
  /** Ids that several peers claim; a session has to prove the genuine one. */
  readonly #contested = new Set<string>();
  /** Peers with older messages in the outbox, until they are met. */
  readonly #expected = new Set<string>();

  constructor(
    private readonly sessions: Sessions,
    private readonly delivery: Delivery,
    private readonly hub: EventHub,
    private readonly brief: boolean,
  ) {}

  /** Notes that the outbox has older messages for this peer. */
  expect(id: string): void {
    this.#expected.add(id);
  }

  /** True if a message to this peer needs a session. */
  wantsSession(id: string): boolean {
    return this.#contested.has(id) || this.delivery.wantsSession(id);
  }

  /** Follows discovery. */
  discovered(event: DiscoveryEvent): void {
    switch (event.type) {
      case "up":
      case "changed":
        return this.#meet(event.peer.id);
      case "contested":
        if (this.brief || event.peer.addresses.length === 0) return;
        this.#contested.add(event.peer.id);
        return this.sessions.connect(event.peer.id, true);
      case "gone":
        // It was pinged through its session, too.
        return this.sessions.get(event.peer.id)?.abort("gone");
    }
  }

  /** Follows the sessions: a contested id was proven, or cannot be. */
  sessionChanged(event: SessionEvent): void {
    if (event.type === "attached") this.#contested.delete(event.session.id);
    if (event.type === "unreachable") this.#contested.delete(event.id);
  }

  #meet(id: string): void {
    if (this.#expected.delete(id)) {
      this.delivery.outbound(id).then(
        () => this.sessions.connect(id, true),
        (error) => this.hub.storageFailed(error),
      );
    } else if (this.wantsSession(id)) this.sessions.connect(id, true);
  }
}
