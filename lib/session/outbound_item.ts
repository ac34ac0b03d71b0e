import type { OutboundMessage, Refusal } from "./outbound_message.ts";

/** A message, or a number that was given up, as `Outbound` keeps it. */
export interface Item {
  /** 0 while it has none. */
  seq: number;
  /** Undefined: the number was given up, its `void` waits for the acknowledgement. */
  message: OutboundMessage | undefined;
  /** Place in the order in which messages were handed in. */
  readonly order: number;
  /** Bytes of it left in any session. */
  sent: boolean;
  /** Sent in the attached session, not yet answered. */
  inFlight: boolean;
  /** Only its head was sent: the recipient asks for its parts. */
  inParts: boolean;
  /** Where the recipient had it begin in the last try; undefined before the first. */
  begunAt: number | undefined;
  /** To be kept in the store. */
  durable: boolean;
  /** Undefined where the store was not asked to keep it; else settled once it does. */
  stored: Promise<void> | undefined;
  /** The store does. */
  isStored: boolean;
  /** Left from before, not what this short-lived peer is about. */
  dormant: boolean;
  /** Waits in the queue of the attached session. */
  queued: boolean;
  /** Put aside until the recipient can take it. */
  aside: boolean;
  /** What the recipient last said, where it could not take it for now. */
  refusal: Refusal | undefined;
}

/** @param message undefined: a number that was given up */
export function newItem(message: OutboundMessage | undefined, order: number, durable: boolean): Item {
  return {
    seq: 0,
    message,
    order,
    sent: false,
    inFlight: false,
    inParts: false,
    begunAt: undefined,
    durable,
    stored: undefined,
    isStored: false,
    dormant: false,
    queued: false,
    aside: false,
    refusal: undefined,
  };
}

/** Messages with the same key arrive in the order in which they were handed in; others in any. */
export function orderKey(message: OutboundMessage): string | undefined {
  return message.kind === "chat"
    ? "chat"
    : message.stream === undefined
    ? undefined
    : `stream ${message.stream}`;
}
