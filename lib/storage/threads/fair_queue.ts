/** Most items of one peer that are taken before the next peer's turn. */
const TURN = 16;

/** One peer's items, oldest first, and the sum of their sizes. */
interface Lane<T> {
  readonly items: { readonly item: T; readonly bytes: number }[];
  bytes: number;
}

/**
 * A bounded queue that serves peers in turn, so that one with many items does not delay the others. Items of a peer
 * keep their order.
 */
export class FairQueue<T> {
  /** Peers in the order of their turns. */
  readonly #lanes = new Map<string, Lane<T>>();
  #bytes = 0;
  #size = 0;

  /**
   * Makes a queue whose {@linkcode hasRoom} checks these limits.
   *
   * @param perPeerMax most bytes of one peer
   * @param totalMax most bytes of all peers
   */
  constructor(private readonly perPeerMax: number, private readonly totalMax: number) {}

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  /** Number of items. */
  get size(): number {
    return this.#size;
  }

  /** Tells whether an item of this size is within the limits. */
  hasRoom(peer: string, bytes: number): boolean {
    const own = this.#lanes.get(peer)?.bytes ?? 0;
    return own + bytes <= this.perPeerMax && this.#bytes + bytes <= this.totalMax;
  }

  /** Adds an item. */
  push(peer: string, item: T, bytes: number): void {
    let lane = this.#lanes.get(peer);
    if (!lane) this.#lanes.set(peer, lane = { items: [], bytes: 0 });
    lane.items.push({ item, bytes });
    this.#size++;
    lane.bytes += bytes;
    this.#bytes += bytes;
  }

  /** Takes up to `count` items; stops once `bytes` are reached. */
  take(count: number, bytes: number): T[] {
    const taken: T[] = [];
    let sum = 0;
    while (taken.length < count && sum < bytes && !this.isEmpty) {
      const [peer, lane] = this.#lanes.entries().next().value!;
      let turn = 0;
      while (turn < TURN && turn < lane.items.length && taken.length < count && sum < bytes) {
        const next = lane.items[turn++]!;
        taken.push(next.item);
        sum += next.bytes;
        lane.bytes -= next.bytes;
        this.#bytes -= next.bytes;
      }
      lane.items.splice(0, turn);
      this.#size -= turn;
      this.#lanes.delete(peer);
      if (lane.items.length > 0) this.#lanes.set(peer, lane);
    }
    return taken;
  }
}
