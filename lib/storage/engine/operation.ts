import type { Coming } from "./large_room.ts";
import type { Incoming, IncomingLarge, KnownPeer, OutboundMessage, PackedSent, SentEnd } from "../types.ts";

/** One call of `Storage`, as it goes to the worker. */
export type Operation =
  | { readonly kind: "receive"; readonly item: Incoming }
  /** `ahead`: large documents that are coming already. */
  | { readonly kind: "beginIntake"; readonly item: IncomingLarge; readonly ahead: readonly Coming[] }
  /** So many of the first bytes are on disk, and so many are written. `ahead`: large documents that began before it. */
  | {
    readonly kind: "touchPartial";
    readonly sender: string;
    readonly id: string;
    readonly file: string;
    readonly durable: number;
    readonly written: number;
    readonly ahead: readonly Coming[];
  }
  /** The disk is full. */
  | {
    readonly kind: "diskFull";
    readonly sender: string;
    readonly id: string;
    readonly ahead: readonly Coming[];
  }
  | { readonly kind: "dropPartial"; readonly sender: string; readonly id: string; readonly file: string }
  | {
    readonly kind: "enqueue";
    readonly recipient: string;
    readonly message: OutboundMessage;
    readonly recipientName: string;
  }
  | { readonly kind: "bodies"; readonly recipient: string; readonly ids: readonly string[] }
  | { readonly kind: "holdSpool" | "releaseSpool"; readonly spool: string; readonly holder: number }
  | { readonly kind: "waiting"; readonly recipient: string }
  | {
    readonly kind: "settle";
    readonly recipient: string;
    readonly ends: ReadonlyMap<string, SentEnd | undefined>;
  }
  | { readonly kind: "noteSent"; readonly sent: PackedSent }
  | { readonly kind: "outboxRecipients" }
  | { readonly kind: "overdueRecipients"; readonly lived: number }
  | { readonly kind: "known" }
  | { readonly kind: "putKnown"; readonly peer: KnownPeer }
  | { readonly kind: "forgetKnown"; readonly id: string }
  | { readonly kind: "history"; readonly limit: number };

/** Whom an operation is about: those about the same peer are done in the order of calls. */
export function peerOf(operation: Operation): string {
  switch (operation.kind) {
    case "receive":
    case "beginIntake":
      return operation.item.sender;
    case "touchPartial":
    case "dropPartial":
    case "diskFull":
      return operation.sender;
    case "enqueue":
    case "bodies":
    case "waiting":
    case "settle":
      return operation.recipient;
    default:
      return "";
  }
}
