import type { Delivery } from "../delivery/delivery.ts";
import type { DiscoveryEvent } from "../discovery/discovery.ts";
import type { SessionEvent, Sessions } from "../session/sessions.ts";
import type { EventHub } from "./event_hub.ts";

/** Dials a peer that appears if messages wait for it, and an id in whose name others answer. */
export class Dialer {
  /** Ids that a session has to prove, because others answer in their name. */
  readonly #contested = new Set<string>();
  /** Peers for whom the outbox holds something, as long as they were not met. */
  readonly #expected = new Set<string>();

  constructor(
    private readonly sessions: Sessions,
    private readonly delivery: Delivery,
    private readonly hub: EventHub,
    private readonly brief: boolean,
  ) {}

  /** The outbox holds something for this peer from before. */
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

  /** Follows the sessions: a contested id is proven, or cannot be. */
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
