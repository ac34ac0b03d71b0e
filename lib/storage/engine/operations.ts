import type { Inbox } from "../inbox/inbox.ts";
import type { Store } from "../tables/store.ts";
import type {
  AnswerOutcome,
  ArrivalKind,
  Incoming,
  IncomingLarge,
  KnownPeer,
  OpenQuestion,
  OutboundMessage,
  PackedSent,
  ReceiveOutcome,
  Reply,
  SentEnd,
  WarnOwner,
} from "../types.ts";
import type { LargeReceiver } from "./large_receiver.ts";
import type { Coming, Wanting, Written } from "./large_room.ts";
import { unpackSent } from "./sent_batch.ts";
import type { SpoolHolds } from "./spool_holds.ts";

/**
 * Lists the operations that the main thread can request, each performed within a transaction. Only arrivals are
 * separate, because their files are made afterwards (see `Transactor`). Arguments and results are copied between
 * threads. Operations without a comment are described at the method of `Storage` with the same name.
 */
export function operationsOn(
  { cursors, known, lived, outbox, partials, questions, sent }: Store,
  inbox: Inbox,
  large: LargeReceiver,
  spool: SpoolHolds,
  warn: WarnOwner,
) {
  return {
    beginIntake: (item: IncomingLarge, ahead: readonly Coming[]) => large.begin(item, ahead),
    touchPartial: (part: Written, ahead: readonly Coming[]) => large.touch(part, ahead),
    diskFull: (item: Pick<Wanting, "sender" | "id">, ahead: readonly Coming[]) =>
      large.room.isFull(item, ahead),
    /** Removes a partial document, unless it has another file by now. */
    dropPartial(sender: string, id: string, file: string): void {
      const partial = partials.find(sender, id);
      if (partial?.file === file) inbox.discardPartial(partial);
    },

    waiting: (recipient: string) => outbox.waiting(recipient),
    bodies: (recipient: string, ids: readonly string[]) => outbox.bodies(recipient, ids),
    outboxRecipients: () => outbox.recipients(),
    waitsFor: (id: string) => outbox.waitsFor(id),
    sentEnd: (recipient: string, id: string) => sent.end(recipient, id),
    overdueRecipients: () => outbox.overdue(lived.now.ms),
    /** Returns the reason if a message cannot wait. It does not throw, so that the rest of the transaction succeeds. */
    enqueue(recipient: string, message: OutboundMessage, recipientName: string): string | undefined {
      lived.note();
      const refusal = outbox.enqueue(recipient, message, recipientName);
      if (refusal !== undefined) warn("outbox-full", refusal);
      return refusal;
    },
    settle(recipient: string, ends: ReadonlyMap<string, SentEnd | undefined>): void {
      lived.note();
      for (const [id, end] of ends) {
        const held = end && outbox.held(recipient, id);
        if (held !== undefined) sent.addWaiting(recipient, id, end!, held);
        const file = outbox.forget(recipient, id);
        if (file !== undefined) spool.free(file);
      }
    },
    openQuestions: (after: number, upto: number, limit: number) =>
      questions.open(after, upto, limit).map((row) => inbox.located<OpenQuestion>(row)),
    askReadUpto: () => cursors.readUpto("ask", lived.now.ms),
    reply(sender: string, re: string): Reply | undefined {
      const row = questions.reply(sender, re);
      return row && inbox.located<Reply>(row);
    },
    answer(recipient: string, message: OutboundMessage, recipientName: string): AnswerOutcome {
      const question = questions.find(recipient, message.re!);
      if (!question) return { status: "unknown" };
      if (question.answer !== null) return { status: "answered", id: question.answer };
      lived.note();
      const why = outbox.enqueue(recipient, message, recipientName);
      if (why !== undefined) return { status: "full", why };
      questions.answer(question.row, recipient, message);
      return { status: "taken", message };
    },
    answerAgain(recipient: string, re: string, rest: AnswerRest, recipientName: string): AnswerOutcome {
      const question = questions.find(recipient, re);
      if (!question || question.answer === null) return { status: "unknown" };
      const { answer: id, code, body } = question;
      if (!body || outbox.has(recipient, id)) return { status: "answered", id };
      lived.note();
      const message = {
        ...rest,
        kind: "document",
        id,
        re,
        code: code ?? undefined,
        size: body.length,
        body,
      } as const;
      const why = outbox.enqueue(recipient, message, recipientName);
      return why === undefined ? { status: "taken", message } : { status: "full", why };
    },
    noteSent(batch: PackedSent): void {
      lived.note();
      for (const message of unpackSent(batch)) sent.add(message);
    },
    holdSpool: (file: string, holder: number) => spool.hold(file, holder),
    releaseSpool: (file: string, holder: number) => spool.release(file, holder),

    known: () => known.all(),
    putKnown: (peer: KnownPeer) => known.put(peer),
    forgetKnown: (id: string) => known.forget(id),
    openCursor: (name: string, kind: ArrivalKind, all: boolean) =>
      cursors.open(name, kind, all, lived.now.ms),
    moveCursor: (name: string, position: number, done: readonly number[]) =>
      cursors.move(name, position, done, lived.now.ms),
    forgetCursor: (name: string, kind: ArrivalKind) => cursors.forget(name, kind),
  };
}

/** The members of an answer that is sent again that are not kept with it. */
export type AnswerRest = Pick<OutboundMessage, "name" | "at" | "expires">;

/** All operations: those above, and arrivals. */
type Operations = ReturnType<typeof operationsOn> & { receive: (item: Incoming) => ReceiveOutcome };

/** An operation in the form that goes to the worker. */
export type Operation = {
  [Name in keyof Operations]: { readonly name: Name; readonly args: Parameters<Operations[Name]> };
}[keyof Operations];

/**
 * Requests an operation from the worker.
 *
 * @param peer operations about the same peer are performed in the order of calls
 * @param bodyBytes size of a document or text among the arguments
 */
export type CallStore = <Name extends keyof Operations>(
  name: Name,
  args: Parameters<Operations[Name]>,
  peer?: string,
  bodyBytes?: number,
) => Promise<ReturnType<Operations[Name]>>;
