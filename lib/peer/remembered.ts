import type { Address } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { PeerRef } from "../identity/node_id.ts";
import { isPrivate } from "../net/addresses.ts";
import type { Session } from "../session/session.ts";
import type { AddressBook } from "./address_book.ts";

/** When peers that were not heard are tried, after the start: all answers should be here by then; milliseconds. */
const TRIED_AFTER_MS = 4_500;
/** The same for a short-lived peer, whose user waits. */
const TRIED_AFTER_BRIEF_MS = 300;
/** Pause from one to the next, milliseconds. */
const NEXT_AFTER_MS = 250;

/** Dependencies of {@linkcode Remembered}. */
export interface RememberedOptions {
  readonly book: AddressBook;
  readonly clock: Clock;
  /** Name of our group. */
  readonly group: string;
  /** True for a short-lived peer. */
  readonly brief: boolean;
  /** Tells whether it makes sense to try this peer: it is not here, and welcome. */
  readonly isMissed: (peer: PeerRef) => boolean;
  /** Tries to reach it. */
  readonly reach: (id: string, addresses: readonly Address[]) => void;
}

/** Tries once, after the start, peers that were met before and are not heard (PROTOCOL.md 3.8). */
export class Remembered {
  #timer: Timer | undefined;

  constructor(private readonly options: RememberedOptions) {}

  /** Plans the attempts. */
  start(): void {
    const { book, group, brief, clock } = this.options;
    const all = [...book.of(group)];
    const next = () => {
      this.#timer = undefined;
      for (let [id, addresses] = all.shift() ?? []; id && addresses; [id, addresses] = all.shift() ?? []) {
        if (!this.options.isMissed({ id, name: addresses[0]!.name })) continue;
        this.options.reach(id, addresses.map(({ host, port }) => ({ host, port })));
        this.#timer = clock.after(NEXT_AFTER_MS, next);
        return;
      }
    };
    this.#timer = clock.after(brief ? TRIED_AFTER_BRIEF_MS : TRIED_AFTER_MS, next);
  }

  /**
   * Remembers where a peer is with whom there is a session: where we dialled it, else where it announces itself. (A
   * session often goes through a link-local address, which is of no use later.)
   *
   * @param announced addresses that its announcements tell, best first
   */
  met({ id, remote, address, initiator }: Session, announced: readonly Address[]): void {
    const { name, brief } = remote;
    if (brief) return;
    const at = [...initiator ? [address] : [], ...announced].find(({ host }) => isPrivate(host));
    if (at) this.options.book.note({ group: this.options.group, id, name, host: at.host, port: at.port });
  }

  /** Removes what is remembered of a peer. */
  forget(id: string): Promise<void> {
    return this.options.book.forget(id);
  }

  /** Ends the attempts, and writes what is to be remembered. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.options.book.close();
  }
}
