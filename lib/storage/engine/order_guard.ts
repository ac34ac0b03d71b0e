import { orderKey } from "../../protocol/order.ts";
import type { Incoming } from "../types.ts";

/** Most refusals that are remembered: the order of more chats and streams is not enforced at one time. */
const REMEMBERED_MAX = 4096;

/**
 * Enforces the order of chats and of a stream's documents: after one was not saved, later ones of the same sender must
 * not be saved unless their turn is higher.
 */
export class OrderGuard {
  /** Sender and chat or stream → turn of the refused one, oldest refusal first. */
  readonly #refused = new Map<string, number>();

  /** Tells whether it comes after one that was not saved. */
  isBehind(item: Incoming): boolean {
    if (this.#refused.size === 0 || !("turn" in item)) return false;
    const key = keyOf(item);
    return key !== undefined && item.turn <= (this.#refused.get(key) ?? -1);
  }

  /** Notes that it was not saved. */
  refused(item: Incoming): void {
    const key = keyOf(item);
    if (key === undefined || !("turn" in item) || this.isBehind(item)) return;
    this.#refused.delete(key);
    this.#refused.set(key, item.turn);
    if (this.#refused.size > REMEMBERED_MAX) this.#refused.delete(this.#refused.keys().next().value!);
  }

  /** Notes that it was saved, now or before: a higher turn ends a refusal's effect. */
  saved(item: Incoming): void {
    if (this.#refused.size > 0 && !this.isBehind(item)) this.#refused.delete(keyOf(item) ?? "");
  }
}

/** Returns {@linkcode orderKey} with the sender. */
function keyOf(item: Incoming): string | undefined {
  const key = orderKey(item);
  return key === undefined ? undefined : `${item.sender} ${key}`;
}
