import type { Clock } from "../platform/clock.ts";
import type { Message } from "../protocol/message.ts";
import { Answers } from "./answers.ts";
import type { DownloadBudget } from "./download.ts";
import { Inbound, type InboundStore } from "./inbound.ts";

/** A session, as delivery knows it: something that takes frames. */
export interface Channel {
  /** Proven id of the other side. */
  readonly id: string;
  /** What the other side said of itself in the handshake. */
  readonly remote: {
    readonly name: string;
    readonly rx: number;
    readonly window: number;
    readonly brief?: boolean;
  };
  /** There is something to send. */
  wake(): void;
  /** Ends it at once. */
  abort(why: string): void;
}

/** What comes through one session, and the answers to it. */
export class Exchange {
  readonly inbound: Inbound;
  readonly #answers: Answers;
  /** Whether a chat that is new came through it: what comes behind that one is new as well. */
  isPastRepeats = false;
  /** Chats that are not shown yet. */
  notShown = 0;

  constructor(
    readonly channel: Channel,
    store: Omit<InboundStore, "violated">,
    clock: Clock,
    budget: DownloadBudget,
  ) {
    this.#answers = new Answers(() => channel.wake());
    this.inbound = new Inbound(
      {
        keep: (message, turn) => store.keep(message, turn),
        intake: (message) => store.intake(message),
        refusal: (message) => store.refusal(message),
        nextTurn: () => store.nextTurn(),
        violated: (why) => channel.abort(`it does not keep to the protocol: ${why}`),
      },
      this.#answers,
      clock,
      budget,
    );
  }

  /** The next answer to go out. */
  nextFrame(): Uint8Array | undefined {
    return this.#answers.nextFrame(this.channel.remote.rx);
  }

  /** Takes what is about messages of the other side. */
  received(message: Message): void {
    switch (message.type) {
      case "chat":
      case "document":
        return this.inbound.arrived(message);
      case "part":
        return this.inbound.part(message);
      case "void":
        return this.inbound.voided(message.seq);
    }
  }
}
