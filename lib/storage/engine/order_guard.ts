import { orderKey } from "../../protocol/order.ts";
import type { Incoming } from "../types.ts";

/** Refusals that are remembered; more chats and streams than these are not held back at one time. */
const REMEMBERED_MAX = 4096;

/**
 * Keeps chats, and the documents of a stream, in order: once one was not saved, those of the same sender after it with no
 * higher turn must not be saved either.
 */
export class OrderGuard {
  /** Sender and chat or stream → turn of what was not saved, the longest ago first. */
  readonly #refused = new Map<string, number>();

  /** Tells whether it comes after one that was not saved. */
  isBehind(item: Incoming): boolean {
    if (this.#refused.size === 0 || !("turn" in item)) return false;
    const key = keyOf(item);
    return key !== undefined && item.turn <= (this.#refused.get(key) ?? -1);
  }

  /** It was not saved. */
  refused(item: Incoming): void {
    const key = keyOf(item);
    if (key === undefined || !("turn" in item) || this.isBehind(item)) return;
    this.#refused.delete(key);
    this.#refused.set(key, item.turn);
    if (this.#refused.size > REMEMBERED_MAX) this.#refused.delete(this.#refused.keys().next().value!);
  }

  /** It was saved, or had been before: a higher turn ends what a refusal held back. */
  saved(item: Incoming): void {
    if (this.#refused.size > 0 && !this.isBehind(item)) this.#refused.delete(keyOf(item) ?? "");
  }
}

/** See {@linkcode orderKey}, for messages of several senders. */
function keyOf(item: Incoming): string | undefined {
  const key = orderKey(item);
  return key === undefined ? undefined : `${item.sender} ${key}`;
}
