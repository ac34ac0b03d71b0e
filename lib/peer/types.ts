import type { PeerRef } from "../identity/node_id.ts";
import type { StreamNet } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { GatewayOptions } from "./door.ts";
import type { ArrivalKind, Cursor } from "../storage/types.ts";
import type { StorageTesting } from "../storage/testing.ts";

export type { ArrivalKind, Cursor, PeerRef };

/** A sender without a key, whose messages came through the plain gateway: nothing about it is proven. */
export interface PlainSender {
  /** `plain-` and its address; no peer can have such a name. */
  readonly name: string;
  readonly plain: true;
  readonly id?: undefined;
}

/** A peer of the roster. */
export interface PeerInfo extends PeerRef {
  /** `linux`, `macos`, `windows`, `esp32`, … */
  readonly kind: string;
  /** Best known address, `host:port` or `[host]:port`; empty if it only ever dialled us. */
  readonly address: string;
  /** The host that it dialled from, if `address` is empty. */
  readonly from?: string;
  /** `unreachable`: it announces itself but cannot be dialled; see `why`. */
  readonly state: "up" | "unreachable" | "gone";
  /** The reason why no session can be opened. */
  readonly why?: string;
  /** When it was last heard, milliseconds since 1970. */
  readonly lastSeen: number;
  /** True if it is known (trusted, sent to by full name and id, or met in a closed group). */
  readonly known: boolean;
  /** True if it is blocked here. */
  readonly blocked?: boolean;
  /** True if two peers with this identity were noticed in the last 10 minutes. */
  readonly twins?: boolean;
}

/** An event, in the shape that `run --json` prints; each with the wall clock in `at`. */
export type PeerEvent =
  & { readonly at: number }
  & (
    | {
      readonly event: "ready";
      readonly id: string;
      readonly name: string;
      readonly group: string;
      readonly port: number;
      readonly inbox: string;
      readonly interfaces: readonly string[];
    }
    | {
      readonly event: "peer";
      /**
       * `renamed`: the peer that was, or is known as, `was` is called `name` now; `up` follows if it was not there.
       * `unreachable`: it announces itself, but no session with it can be had, and `why` says what was tried.
       */
      readonly state: "up" | "unreachable" | "gone" | "renamed";
      readonly id: string;
      readonly name: string;
      readonly was?: string;
      readonly kind: string;
      readonly address: string;
      readonly why?: string;
    }
    | {
      readonly event: "chat";
      readonly id: string;
      readonly from: PeerRef | PlainSender;
      readonly to: "all" | "you";
      readonly text: string;
    }
    | {
      readonly event: "document";
      readonly id: string;
      readonly from: PeerRef | PlainSender;
      readonly name: string;
      readonly path: string;
      readonly size: number;
      readonly stream?: string;
      /** Id of the question that it answers. */
      readonly re?: string;
      /** Beside `re`: why there is no other answer, `failed` or `no-answer`. */
      readonly code?: string;
    }
    | {
      /** A document that wants an answer. */
      readonly event: "ask";
      readonly id: string;
      readonly from: PeerRef;
      readonly name: string;
      readonly path: string;
      readonly size: number;
    }
    | { readonly event: "delivered"; readonly id: string; readonly to: PeerRef }
    | {
      readonly event: "refused";
      readonly id: string;
      readonly to: PeerRef;
      readonly code: string;
      readonly why: string;
    }
    /** We withdrew a message of ours. `why`: it may have arrived before. */
    | { readonly event: "withdrawn"; readonly id: string; readonly to: PeerRef; readonly why?: string }
    | { readonly event: "warning"; readonly code: string; readonly message: string }
  );

/** The name of an event. */
export type PeerEventName = PeerEvent["event"];

/** Options of {@linkcode Peer.start}; all are optional. */
export interface PeerOptions {
  /** Label, 1 to 32 characters; default the host name. */
  readonly name?: string;
  /** Name of a second identity on the same machine, with its own state and inbox. */
  readonly profile?: string;
  /** Open group; default `earshot`, or the closed group that the state folder belongs to. */
  readonly group?: string;
  /** Join code of a closed group for this run. */
  readonly joinCode?: string;
  /** First port tried for sessions, 3333; the next 16 are tried after it. */
  readonly port?: number;
  /** Interfaces by name or address; default all. */
  readonly interfaces?: readonly string[];
  /** True to wait for interfaces that do not exist yet; otherwise they are an error. */
  readonly patient?: boolean;
  /**
   * Peers to dial, also beyond this network: `HOST` or `HOST:PORT`, at most 32; names, IPv4, and IPv6 in brackets, a
   * link-local one with its zone.
   */
  readonly peers?: readonly string[];
  /** Folder of received documents. */
  readonly inbox?: string;
  /** Folder of identity and database. */
  readonly state?: string;
  /** The peers that may send us documents and chat. */
  readonly accept?: "everyone" | "known";
  /** Largest document accepted, bytes. */
  readonly maxSize?: number;
  /** Limit of the sum of documents in the inbox, bytes; default 10 GiB. */
  readonly quota?: number;
  /** How long the history is kept, days; default 90. Files in the inbox stay. */
  readonly keepDays?: number;
  /**
   * Most bodies and chats in the database, bytes; default 1 GiB. The oldest are removed first; files in the inbox stay.
   */
  readonly keepSize?: number;
  /** How long a message waits in the outbox for its recipient, days; default 7. */
  readonly outboxDays?: number;
  /** True for a short-lived peer: it listens on no port, enters no roster, delivers its messages and leaves. */
  readonly brief?: boolean;
  /** Answers questions from the start; see also {@linkcode Peer.on}. */
  readonly onAsk?: QuestionHandler;
  /** A way in for programs without a key on our port; by default there is none. */
  readonly gateway?: GatewayOptions;
  /** Called for each event from the start; see also {@linkcode Peer.on}. */
  readonly onEvent?: (event: PeerEvent) => void;
  /** The lock of the state folder, if the caller has it already; released when the peer closes. */
  readonly lock?: { release(): void };
  /** For tests. */
  readonly clock?: Clock;
  /** For tests. */
  readonly random?: Random;
  /** For tests. */
  readonly testing?: PeerTesting;
}

/** Hooks for tests between the parts of a peer. */
export interface PeerTesting {
  /** Wraps the peer's TCP connections. */
  readonly streams?: (net: StreamNet) => StreamNet;
  /** UDP port in place of 3333, for discovery and datagrams. */
  readonly udpPort?: number;
  /** The step at which the store stops. */
  readonly storage?: StorageTesting;
}

/** The outcome of one message for one recipient. */
export interface DeliveryResult {
  readonly id: string;
  readonly to: PeerRef;
  /**
   * `delivered`: durable there. `queued`: in our outbox; with `code` and `why` if the recipient could not take it in
   * time (`quota`, `busy`). `refused`: final, see `code` and `why`. `unreachable`: withdrawn, nothing was sent.
   * `unknown`: it may have arrived, and stays in the outbox. The last two have the code `withdrawn` if the message was
   * withdrawn by {@linkcode Peer.withdraw}: then it does not stay.
   */
  readonly status: "delivered" | "queued" | "refused" | "unreachable" | "unknown";
  readonly code?: string;
  readonly why?: string;
  /** Its address, if it is within earshot but cannot be dialled. */
  readonly address?: string;
}

/** Outcome for a message that is withdrawn, for one recipient. */
export interface Withdrawal {
  readonly id: string;
  readonly to: PeerRef;
  /**
   * `withdrawn`: nothing of it is sent from now on; with `why` if it may have arrived before. `kept`: it stays in the
   * outbox, see `why`. `delivered`, `refused`, `expired`: it had ended before.
   */
  readonly status: "withdrawn" | "kept" | "delivered" | "refused" | "expired";
  readonly why?: string;
}

/** Why a message waits in the outbox: its recipient's latest refusal, or without `code` why that is not reached. */
export interface WaitingReason {
  readonly code?: string;
  readonly why: string;
}

/** A document that is in the spool of the state folder, known to be JSON. */
export interface SpooledDocument {
  /** Name of its file. */
  readonly spool: string;
  /** Size, bytes. */
  readonly size: number;
  /** SHA-256, hex. */
  readonly sha256: string;
}

/** A document to send: in memory, as pieces (of any total size), or in the spool. */
export type DocumentSource = Uint8Array | AsyncIterable<Uint8Array> | SpooledDocument;

/** Options of a message. */
export interface SendOptions {
  /** Recipient ids (24 characters). */
  readonly to: readonly string[];
  /**
   * How long to wait for the acknowledgement, milliseconds; default 5 000. For a document over 65 000 bytes: the time
   * without progress; default 30 000.
   */
  readonly timeout?: number;
  /**
   * Id (ULID) of a new message, or of one to resume: kind, stream and content have to be the same, and the name if one is
   * given; else the result is `refused` with the code `id-in-use`.
   */
  readonly id?: string;
  /** True to leave it in the outbox without waiting. */
  readonly queue?: boolean;
}

/** A document to send. */
export interface DocumentOptions extends SendOptions {
  /** File name at the receiver; default `document.json`, or with `id` the one that the message has. */
  readonly name?: string;
  /** Append it to this stream at the receiver. */
  readonly stream?: string;
  /**
   * True for one of many documents that are under way at once: `timeout` counts from the last time that the recipient
   * acknowledged any of them, so that a slow recipient may take them at its pace.
   */
  readonly series?: boolean;
  /** Called with the bytes that a recipient has of a document over 65 000 bytes. */
  readonly progress?: (to: PeerRef, bytes: number) => void;
  /**
   * Called each time that a present recipient cannot take it now (`quota`, `busy`), with the reason. It is retried
   * until the timeout. Not with `queue`.
   */
  readonly deferred?: (to: PeerRef, refusal: { readonly code: string; readonly why: string }) => void;
}

/** Options of a question. */
export interface AskOptions {
  /** Recipient ids (24 characters). */
  readonly to: readonly string[];
  /** How long to wait for the answer, milliseconds; default 30 000. It must be acknowledged within 5 000 of these. */
  readonly timeout?: number;
  /** Id (ULID) of a question that was asked before: it is not asked twice, and has the same answer. */
  readonly id?: string;
  /** Called with the result of each recipient as it comes. */
  readonly answered?: (result: AskResult) => void;
}

/** The outcome of a question for one recipient. */
export interface AskResult extends Omit<DeliveryResult, "status"> {
  /**
   * `answered`: see `json`. `failed`: the answering program said no; `no-answer`: nobody there answers questions; `why`
   * has the reason. `cannot`: its program knows no questions. `delivered`: no answer in time, it will be in the inbox
   * when it comes. Anything else: it was not delivered, see {@linkcode DeliveryResult}.
   */
  readonly status: DeliveryResult["status"] | "answered" | "failed" | "no-answer" | "cannot";
  /** The answer, and its text as it came; undefined if its file was changed or removed meanwhile. */
  readonly json?: unknown;
  readonly text?: string;
  /** Id (ULID), path and size in bytes of the answer. */
  readonly answer?: string;
  readonly path?: string;
  readonly size?: number;
}

/** Outcome of a peer's attempt to dial us. */
export interface DialBack {
  /**
   * `reached`: it got through to our TCP port. `silent`: it did not. `cannot`: its program does not dial when it is
   * asked to. `unheard`: no address is known at which it could be asked.
   */
  readonly status: "reached" | "silent" | "cannot" | "unheard";
  /** The TCP port that it was to dial. */
  readonly port?: number;
}

/** A question that came in. */
export interface Question {
  /** Message id (ULID). */
  readonly id: string;
  readonly from: PeerRef;
  /** File name as the asker has it, cleaned. */
  readonly name: string;
  readonly path: string;
  /** Size, bytes. */
  readonly size: number;
  /** The question itself. */
  readonly json: unknown;
}

/**
 * Returns the answer to a question: a value that can be JSON, or JSON as bytes; at most 65 000 bytes. If it throws, the
 * asker gets `failed` with the message. After a crash it may be called again for a question whose answer was not
 * durable. It has ten minutes.
 */
export type QuestionHandler = (question: Question) => unknown;

/** An answer: a value or bytes that are JSON, or the reason why there is none. */
export type Answer =
  | { readonly json: unknown; readonly code?: undefined }
  | { readonly code: "failed" | "no-answer"; readonly why: string };
