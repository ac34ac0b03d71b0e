import { resolve } from "../../platform/std_path.ts";
import { pathIn } from "../files/file_access.ts";
import { Spool } from "../files/spool.ts";
import { WAITING_NAME } from "../tables/recipient_name.ts";
import { withoutNulls } from "../tables/rows.ts";
import { WITHDRAWN } from "../types.ts";

/** The peer at the other end of a message. */
export interface HistoryPeer {
  readonly id: string;
  /** Its label, or the name by which the user knew it. */
  readonly name: string;
}

/** Place where the body or text of a message is stored. */
export type Kept = "database" | "file" | "nothing";

/** A message of the history. */
export interface HistoryMessage {
  readonly direction: "received" | "sent";
  /** Row of its table. */
  readonly row: number;
  readonly id: string;
  readonly kind: "document" | "chat";
  /** Sender of a received message, recipient of a sent one. */
  readonly peer: HistoryPeer;
  /** Recipients of a chat. */
  readonly to?: "all" | "you";
  /** Name of a document, as its sender gave it; empty for a chat. */
  readonly name: string;
  readonly stream?: string;
  /** Size, bytes. */
  readonly size: number;
  /** When it was received, or handed in to be sent, milliseconds since 1970. */
  readonly at: number;
  /** When a sent message ended, milliseconds since 1970. */
  readonly endedAt?: number;
  /** When a received message was sent by the sender's clock, milliseconds since 1970. */
  readonly sentAt?: number;
  /** Text of a chat. */
  readonly text?: string;
  /** Path of a received document, or of its stream's file; the file may be gone. */
  readonly path?: string;
  /** Offset of a line in its file, bytes. */
  readonly offset?: number;
  /** Path of the copy of a large document that waits in the outbox. */
  readonly copy?: string;
  /** Where its body or text is stored. A file belongs to its owner, who may have changed or removed it. */
  readonly kept: Kept;
  /** SHA-256 of a large document that was received, hex. */
  readonly sha256?: string;
  /** 1 if it is a question. */
  readonly question?: 1;
  /** Id of the question that a received document answers. */
  readonly re?: string;
  /** Outcome of a sent message. */
  readonly status?: "delivered" | "refused" | "expired" | "withdrawn" | "queued";
  /** Why it was refused; of a received answer, why it is no real one. */
  readonly code?: string;
  readonly why?: string;
}

/** A row as SQLite gives it. */
export type SqlRow = Record<string, unknown>;

/** SQL for the place of the body or text of a row `m` of message, sent or outbox, see {@linkcode Kept}. */
export const KEPT_RECEIVED =
  "iif(m.kind = 'chat' OR m.body IS NOT NULL, 'database', iif(m.kept, 'file', 'nothing'))";
export const KEPT_SENT = "iif(m.kind = 'chat' OR m.body IS NOT NULL, 'database', 'nothing')";
export const KEPT_WAITING = "iif(m.spool IS NULL, 'database', 'file')";

/** SQL for outcome and code of a row `m` of sent; the owner's withdrawal is an outcome, not a code. */
const IS_WITHDRAWN = `m.status = 'expired' AND m.code IS '${WITHDRAWN}'`;
export const STATUS_SENT = `iif(${IS_WITHDRAWN}, 'withdrawn', m.status)`;
export const CODE_SENT = `iif(${IS_WITHDRAWN}, NULL, m.code)`;

/** SELECT for rows `m` of message, of sent and of outbox, as {@linkcode Places.message} takes them. */
export const RECEIVED =
  `SELECT 'received' AS direction, m.row, m.id, m.kind, m.sender AS peerId, m.sender_name AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.received_at AS at, m.sent_at AS sentAt, m.text,
    ${KEPT_RECEIVED} AS kept, f.name AS folder, coalesce(m.file, s.file) AS file, m.offset, l.sha256,
    iif(q.row IS NULL, NULL, 1) AS question, r.re, r.code
  FROM message m LEFT JOIN folder f ON f.row = m.folder LEFT JOIN stream_file s ON s.row = m.stream_file
    LEFT JOIN large l ON l.row = m.row LEFT JOIN question q ON q.row = m.row LEFT JOIN reply r ON r.row = m.row`;

export const SENT =
  `SELECT 'sent' AS direction, m.row, m.id, m.kind, m.recipient AS peerId, m.recipient_name AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.at, m.text, ${STATUS_SENT} AS status, ${CODE_SENT} AS code, m.why, m.ended_at AS endedAt, ${KEPT_SENT} AS kept
  FROM sent m`;

export const WAITING =
  `SELECT 'sent' AS direction, m.row, m.id, m.kind, m.recipient AS peerId, ${WAITING_NAME} AS peerName,
    m.addressed AS "to", m.name, m.stream, m.size, m.at, m.spool,
    iif(m.kind = 'chat', CAST(m.body AS TEXT), NULL) AS text, 'queued' AS status, ${KEPT_WAITING} AS kept
  FROM outbox m`;

/** Makes messages of rows: it knows the folders that paths begin with. */
export class Places {
  readonly #inbox;
  readonly #spool;

  /**
   * @param state state folder of the profile
   * @param inbox folder of received documents
   */
  constructor(state: string, inbox: string) {
    this.#inbox = resolve(inbox);
    this.#spool = new Spool(state);
  }

  /** Returns the message of a row. */
  message({ peerId, peerName, folder, file, spool = null, ...row }: SqlRow): HistoryMessage {
    const path = file === undefined || file === null || row.kept === "nothing"
      ? undefined
      : pathIn(pathIn(this.#inbox, folder as string), file as string);
    const peer = { id: peerId, name: peerName };
    const copy = spool === null ? null : this.#spool.path(spool as string);
    return withoutNulls<HistoryMessage>({ ...row, peer, path: path ?? null, copy });
  }
}
