/**
 * Earshot as a library: a {@linkcode Peer} finds others on the network, chats with them and hands over JSON documents.
 *
 * @module
 */
export { Peer } from "./peer/peer.ts";
export type {
  Answer,
  AskOptions,
  AskResult,
  DeliveryResult,
  DialBack,
  DocumentOptions,
  DocumentSource,
  PeerEvent,
  PeerEventName,
  PeerInfo,
  PeerOptions,
  PeerRef,
  Question,
  QuestionHandler,
  SendOptions,
  SpooledDocument,
  WaitingReason,
  Withdrawal,
} from "./peer/types.ts";
export type { Group } from "./identity/group.ts";
export type { ArrivalKind, Cursor, KnownPeer } from "./storage/types.ts";
export { ExitCode, UserError } from "./platform/user_error.ts";
