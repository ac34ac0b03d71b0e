import type { Refusal } from "../protocol/refusal.ts";
import type { OutboundMessage } from "../storage/types.ts";

/** A message that waits for its recipient. */
export interface PendingMessage {
  /** Its body may be in the store until its turn comes. */
  message: OutboundMessage;
  /** Place in the order in which messages were handed in. */
  readonly order: number;
  /** True if any of its bytes were sent: it may have arrived. */
  sent: boolean;
  /** True if it is to be stored. */
  durable: boolean;
  /** True if it may be offered only once it is stored, because the caller is told whether it is. */
  readonly storedFirst: boolean;
  /** Settled once it is stored; undefined if the store was not asked. */
  stored: Promise<void> | undefined;
  /** True once it is stored. */
  isStored: boolean;
  /** True for an older message that this short-lived peer leaves alone. */
  dormant: boolean;
  /** True if it waits until its recipient can take it. */
  deferred: boolean;
  /** The recipient's latest temporary refusal. */
  refusal: Refusal | undefined;
}
