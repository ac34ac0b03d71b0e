import type { Refusal } from "../protocol/refusal.ts";
import type { OutboundMessage } from "../storage/types.ts";

/** A message that waits for its recipient. */
export interface PendingMessage {
  /** Its body may be left in the store until its turn comes. */
  message: OutboundMessage;
  /** Place in the order in which messages were handed in. */
  readonly order: number;
  /** Bytes of it left in some session: it may have arrived. */
  sent: boolean;
  /** To be kept in the store. */
  durable: boolean;
  /** To be offered only once the store keeps it: whoever hands it in is told so, or that it is not sent. */
  readonly storedFirst: boolean;
  /** Undefined if the store was not asked to keep it; else settled once it does. */
  stored: Promise<void> | undefined;
  /** The store does. */
  isStored: boolean;
  /** Left from before; not what this short-lived peer is about. */
  dormant: boolean;
  /** Not offered until its recipient can take it. */
  deferred: boolean;
  /** The recipient's last temporary refusal. */
  refusal: Refusal | undefined;
}
