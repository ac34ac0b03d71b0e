import type { Clock, Timer } from "../platform/clock.ts";
import type { Item } from "./outbound_item.ts";

/** A void that was refused is sent again after this long. */
const VOID_AGAIN_MS = 1_000;

/** Voids that a recipient short of room could not take: they are offered again after a while. */
export class RefusedVoids {
  #items: Item[] = [];
  #timer: Timer | undefined;

  constructor(private readonly clock: Clock, private readonly offer: (items: readonly Item[]) => void) {}

  add(item: Item): void {
    this.#items.push(item);
    this.#timer ??= this.clock.after(VOID_AGAIN_MS, () => {
      this.#timer = undefined;
      this.offer(this.#items.splice(0));
    });
  }

  /** Stops the timer. */
  close(): void {
    this.#timer?.cancel();
  }
}
