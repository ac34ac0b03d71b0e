import type { PeerRef } from "../identity/node_id.ts";
import type { ChatMessage, DocumentMessage } from "../protocol/message.ts";
import type { Storage } from "../storage/storage.ts";
import type { IncomingChat, Intake, PlacedDocument, ReceiveOutcome } from "../storage/types.ts";
import type { ChatLog } from "./chat_log.ts";
import type { Arrival, InboundStore } from "./inbound.ts";
import type { Policy } from "./policy.ts";

/** A session, as delivery uses it. */
export interface Channel {
  /** Proven id of the other side. */
  readonly id: string;
  /** The other side's handshake payload. */
  readonly remote: {
    readonly name: string;
    readonly rx: number;
    readonly window: number;
    readonly can?: string;
    readonly brief?: boolean;
    readonly answers?: boolean;
  };
  /** The other end of the connection. */
  readonly address: { readonly host: string };
  /** Asks the channel to fetch frames. */
  wake(): void;
  /** Ends the session at once. */
  abort(why: string): void;
}

/** A chat message or document that arrived. */
export type ArrivalEvent =
  | {
    readonly type: "chat";
    readonly id: string;
    readonly from: PeerRef;
    readonly to: "all" | "you";
    readonly text: string;
  }
  /** The file is in place. */
  | {
    readonly type: "document";
    readonly id: string;
    readonly from: PeerRef;
    readonly document: Pick<PlacedDocument, "name" | "path" | "size" | "stream" | "re" | "code">;
    /** True for a question. */
    readonly ask?: boolean;
  }
  /** A question is durable; `again`: it came before. */
  | { readonly type: "asked"; readonly id: string; readonly from: PeerRef; readonly again: boolean }
  /** An answer is durable. */
  | { readonly type: "replied"; readonly re: string; readonly from: PeerRef };

/** Options of {@linkcode Arrivals}; the same for all sessions. */
export interface ArrivalsOptions {
  readonly storage: Storage;
  readonly policy: Policy;
  readonly chats: ChatLog;
  /** Tells whether the user knows a peer: unknown peers get only a share of the room. */
  readonly isKnown: (id: string) => boolean;
  readonly nextTurn: () => number;
  readonly tell: (event: ArrivalEvent) => void;
}

/** Applies the policy to what arrives through one session, makes it durable, and reports it. */
export class Arrivals implements InboundStore {
  readonly #from: PeerRef;
  /** True once a new chat arrived in this session: later ones are new, too. */
  #isPastRepeats = false;
  /** Number of chats that are not shown yet. */
  #notShown = 0;

  constructor(private readonly channel: Channel, private readonly options: ArrivalsOptions) {
    this.#from = { id: channel.id, name: channel.remote.name };
  }

  keep(message: Arrival, turn: number): Promise<ReceiveOutcome> {
    return message.type === "chat" ? this.#keepChat(message, turn) : this.#keepDocument(message, turn);
  }

  async intake(message: DocumentMessage): Promise<Intake | ReceiveOutcome> {
    const refusal = this.refusal(message);
    if (refusal) return refusal;
    const { id, at, name, size } = message;
    const large = { kind: "large", ...this.#origin(), id, at, name, size, sha256: message.sha256! } as const;
    const intake = await this.options.storage.intake(large);
    if ("saved" in intake) return intake;
    return {
      get offset() {
        return intake.offset;
      },
      write: (piece) => intake.write(piece),
      memory: (length) => intake.memory?.(length),
      finish: async () => this.#told(message, await intake.finish()),
      suspend: () => intake.suspend(),
    };
  }

  refusal(message: Arrival): ReceiveOutcome | undefined {
    return this.options.policy.refusal(this.channel.id, message);
  }

  nextTurn(): number {
    return this.options.nextTurn();
  }

  violated(why: string): void {
    this.channel.abort(`it does not keep to the protocol: ${why}`);
  }

  /** Returns the sender's fields for storage. */
  #origin(): Pick<IncomingChat, "sender" | "senderName" | "from"> {
    const { id, name } = this.#from;
    const from = { known: this.options.isKnown(id), address: this.channel.address.host };
    return { sender: id, senderName: name, from };
  }

  /**
   * Shows a chat before it is durable, because people answer faster than disks; its acknowledgement waits for the disk.
   * A chat that may be a repetition after our restart is looked up first.
   */
  async #keepChat(message: ChatMessage, turn: number): Promise<ReceiveOutcome> {
    const refusal = this.refusal(message);
    if (refusal) return refusal;
    const { id, at, to, text } = message;
    const { chats, tell } = this.options;
    const show = () => {
      if (chats.isNew(this.#from.id, id)) tell({ type: "chat", id, from: this.#from, to, text });
    };
    const isShown = this.#isPastRepeats && this.#notShown === 0;
    if (isShown) show();
    else this.#notShown++;
    const outcome = await chats.keep({ ...this.#origin(), kind: "chat", id, at, turn, to, text });
    if (isShown) return outcome;
    this.#notShown--;
    if (outcome.saved && !outcome.duplicate) {
      this.#isPastRepeats = true;
      show();
    }
    return outcome;
  }

  async #keepDocument(message: DocumentMessage, turn: number): Promise<ReceiveOutcome> {
    const refusal = this.refusal(message);
    if (refusal) return refusal;
    const { id, at, name, stream, ask, re, code, body } = message;
    const content = { id, at, turn, name, stream, ask, re, code, body };
    const document = { ...this.#origin(), ...content, kind: "document" } as const;
    return this.#told(message, await this.options.storage.receive(document));
  }

  /** Reports a document that was saved now, and a question also if it came before. */
  #told(message: DocumentMessage, outcome: ReceiveOutcome): ReceiveOutcome {
    if (!outcome.saved) return outcome;
    const { tell } = this.options;
    const { id, name, size, stream, ask, re, code } = message;
    const from = this.#from;
    if (!outcome.duplicate && outcome.path !== undefined) {
      const document = { name: outcome.name ?? name, path: outcome.path, size, stream, re, code };
      tell({ type: "document", id, from, document, ask });
    }
    if (ask) tell({ type: "asked", id, from, again: outcome.duplicate });
    if (re !== undefined && !outcome.duplicate) tell({ type: "replied", re, from });
    return outcome;
  }
}
