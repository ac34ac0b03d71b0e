import type { Group } from "../identity/group.ts";
import { shortId } from "../identity/node_id.ts";
import { acquireLock } from "../platform/lock.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { hostPortText } from "../protocol/host_port.ts";
import type { ArrivalKind, Cursor, KnownPeer } from "../storage/types.ts";
import {
  checkDocument,
  checkFunction,
  checkQuestion,
  checkRef,
  checkText,
  checkTimeout,
} from "./argument_checks.ts";
import { assemble, type Parts } from "./assemble.ts";
import type { Lookout } from "./lookout.ts";
import { type PeerSettings, settingsOf } from "./settings.ts";
import { addressText } from "./directory.ts";
import type { PlainDocument, Taken } from "./door.ts";
import { plainName } from "./plain_sender.ts";
import type {
  Answer,
  AskOptions,
  AskResult,
  DeliveryResult,
  DialBack,
  DocumentOptions,
  DocumentSource,
  PeerEvent,
  PeerInfo,
  PeerOptions,
  PeerRef,
  QuestionHandler,
  SendOptions,
  WaitingReason,
  Withdrawal,
} from "./types.ts";
import { whyWaiting, withdraw } from "./withdraw.ts";

/**
 * A peer: finds others on the network, chats with them, and sends documents. A document is acknowledged only once it is
 * durable at the receiver.
 *
 * ```ts
 * import { Peer } from "./lib/mod.ts";
 *
 * await using peer = await Peer.start({ name: "lab-pc" });
 * peer.on((event) => console.log(event));
 * const to = await peer.resolve("kitchen", 4_000);
 * const [result] = await peer.send(new TextEncoder().encode('{"t":21.5}'), { to: [to.id], name: "reading.json" });
 * ```
 */
export class Peer implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #release: () => void;
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts, release: () => void) {
    this.#parts = parts;
    this.#release = release;
  }

  /**
   * Starts a peer. Without options it is like `earshot`: every interface, the platform's own folders.
   *
   * @throws {UserError} a wrong option, a running peer of the profile, a damaged identity, no free port
   */
  static start(options: PeerOptions = {}): Promise<Peer> {
    return Peer.startWith(options);
  }

  /** {@linkcode start} with a lookout that was made with the same options. */
  static async startWith(options: PeerOptions, early?: Lookout): Promise<Peer> {
    const settings = early?.self.settings ?? settingsOf(options);
    const lock = options.lock ?? await lockState(settings, options.profile);
    try {
      const parts = await assemble(settings, options, early);
      const peer = new Peer(parts, () => lock.release());
      parts.openGateway(peer);
      return peer;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Our id, 24 characters: it follows from our key. */
  get id(): string {
    return this.#parts.id;
  }

  /** Our label. */
  get name(): string {
    return this.#parts.settings.name;
  }

  /** The group that we are in. */
  get group(): Group {
    return this.#parts.group;
  }

  /** TCP port of our sessions; 0 for a short-lived peer. */
  get port(): number {
    return this.#parts.listener?.port ?? 0;
  }

  /** Folder of received documents. */
  get inbox(): string {
    return this.#parts.settings.paths.inbox;
  }

  /** Folder of identity and database. */
  get state(): string {
    return this.#parts.settings.paths.state;
  }

  /** The other options, or their defaults. */
  get settings(): Required<
    Pick<
      PeerOptions,
      | "port"
      | "interfaces"
      | "peers"
      | "accept"
      | "maxSize"
      | "quota"
      | "keepDays"
      | "keepSize"
      | "outboxDays"
    >
  > {
    const { ports, interfaces = [], accept, maxSize, quota, keepDays, keepSize, outboxDays } =
      this.#parts.settings;
    const peers = this.#parts.settings.peers.map(hostPortText);
    return { port: ports[0]!, interfaces, peers, accept, maxSize, quota, keepDays, keepSize, outboxDays };
  }

  /** True for a short-lived peer. */
  get brief(): boolean {
    return this.#parts.settings.brief;
  }

  /** Names of the interfaces in use. */
  get interfaces(): string[] {
    return [...new Set(this.#parts.datagrams.links.map((link) => link.interface))];
  }

  /** Lists the addresses at which others reach us, `host:port`; only hosts if we accept no sessions. */
  addresses(): string[] {
    const hosts = this.#parts.datagrams.links.flatMap((link) => link.addresses);
    return this.port === 0 ? hosts : hosts.map((host) => addressText({ host, port: this.port }));
  }

  /** Calls `listener` for each event. The first listener also gets the events since the start. */
  on(listener: (event: PeerEvent) => void): () => void;
  /**
   * Has `handler` answer every question, also those that wait from before; the returned function ends that. Without
   * one, questions get `no-answer`.
   *
   * @throws {UserError} if there is a handler
   */
  on(event: "ask", handler: QuestionHandler): () => void;
  on(first: "ask" | ((event: PeerEvent) => void), handler?: QuestionHandler): () => void {
    if (first !== "ask") {
      checkFunction("`listener`", first);
      return this.#parts.hub.on(first);
    }
    checkFunction("`handler`", handler);
    return this.#parts.answerer.handle(handler!);
  }

  /** Lists all peers in the roster: those that are up first. */
  peers(): PeerInfo[] {
    return this.#parts.directory.list();
  }

  /**
   * Finds the peer meant by a name, an id, or at least the first six characters of an id; waits for it.
   *
   * @throws {UserError} nobody in time (exit 3), two fit (2), a known name with a new key, or blocked (4)
   */
  async resolve(target: string, timeoutMs: number): Promise<PeerRef> {
    checkText("`target`", target);
    checkTimeout("`timeoutMs`", timeoutMs);
    return await this.#parts.directory.resolve(target, timeoutMs);
  }

  /** Lists every peer that is up; waits up to four seconds if none is. */
  async everyone(waitMs?: number): Promise<PeerRef[]> {
    if (waitMs !== undefined) checkTimeout("`waitMs`", waitMs);
    return await this.#parts.directory.everyone(waitMs);
  }

  /**
   * Sends a chat message to everybody who is up, or to the ids in `to`. Resolves when each has acknowledged it, or
   * after the timeout.
   *
   * @throws {UserError} over 16 KiB, or not a valid text
   */
  async say(text: string, options: Partial<SendOptions> = {}): Promise<DeliveryResult[]> {
    return await this.#parts.messenger.say(text, options);
  }

  /**
   * Sends a JSON document of less than 4 GiB, as it is at the time of the call. One over 65 000 bytes is first copied to
   * the state folder. Documents of one stream arrive in the order of the calls. Resolves when it is durable at every
   * recipient, refused, or the timeout is over.
   *
   * @throws {UserError} not JSON, an invalid name or other argument, or (with `queue`) an outbox that cannot take it
   */
  async send(document: DocumentSource, options: DocumentOptions): Promise<DeliveryResult[]> {
    checkDocument(document);
    return await this.#parts.messenger.send(document, options);
  }

  /**
   * Gives up a message that waits in the outbox: nothing of it is sent from then on, and those behind it go on. Resolves
   * once that is durable, with a result for each recipient. One that is under way stays, because it may have arrived.
   *
   * @param to ids of recipients; default all for whom it waits
   * @throws {UserError} if it cannot be recorded: it is not sent by this peer, but after a crash it would be
   */
  async withdraw(id: string, to?: readonly string[]): Promise<Withdrawal[]> {
    checkText("`id`", id);
    for (const each of to ?? []) checkText("`to`", each);
    return await withdraw(this.#parts, id, to);
  }

  /** Lists the ids of the peers for whom messages wait in the outbox. */
  async outboxRecipients(): Promise<string[]> {
    return await this.#parts.storage.outboxRecipients();
  }

  /** Tells why messages wait in the outbox, each given by its id and its recipient's. */
  async whyWaiting(
    messages: readonly { readonly id: string; readonly to: string }[],
  ): Promise<WaitingReason[]> {
    return await whyWaiting(this.#parts, messages);
  }

  /**
   * Asks a question: a JSON value, or JSON as bytes, of at most 65 000 bytes. Resolves when each recipient has answered,
   * cannot, or the timeout is over. Question and answer arrive exactly once; an answer that comes late is in the inbox.
   *
   * @throws {UserError} not JSON, too large, or a wrong argument
   */
  async ask(question: unknown, options: AskOptions): Promise<AskResult[]> {
    return await this.#parts.asker.ask(question, options);
  }

  /**
   * Asks a peer that is heard to dial us, and waits for that: to see whether our port is reached from there.
   *
   * @throws {UserError} a short-lived peer finds no free port
   */
  async dialBack(id: string, timeoutMs: number): Promise<DialBack> {
    checkText("`id`", id);
    checkTimeout("`timeoutMs`", timeoutMs);
    return await this.#parts.caller.call(id, timeoutMs);
  }

  /**
   * Answers a question that came as an event `ask`, for a program that does not answer from a handler.
   *
   * @param question its id, and the id of its asker
   * @returns false if it had an answer: that one stays
   * @throws {UserError} no such question; an answer that is not JSON or over 65 000 bytes; no room in the outbox
   */
  async answer(question: { readonly id: string; readonly from: string }, answer: Answer): Promise<boolean> {
    checkQuestion(question);
    return await this.#parts.answerer.answer(question, answer);
  }

  /**
   * Resolves once every message that ended so far is in the history, or cannot be; after half a second in any case.
   * Otherwise the history follows within that time.
   */
  async recorded(): Promise<void> {
    await this.#parts.delivery.recorded();
  }

  /**
   * Saves a document from a program without a key, as one that came through the plain gateway from this IP address.
   * Resolves once it is durable, or refused.
   */
  async keep(from: string, document: PlainDocument): Promise<Taken & { readonly from: string }> {
    checkText("`from`", from);
    return { ...await this.#parts.door.document(from, document), from: plainName(from) };
  }

  /**
   * Opens a durable place in the order of arrival, and creates it if it is new: at the end of the history, or at its
   * beginning with `all`. The history waits for a cursor that was used within 30 days.
   *
   * @throws {UserError} the cursor is for another kind of arrival
   */
  async openCursor(name: string, kind: ArrivalKind, all = false): Promise<Cursor> {
    checkText("`name`", name);
    const cursor = await this.#parts.storage.openCursor(name, kind, all);
    checkKind(name, kind, cursor.kind);
    return cursor;
  }

  /**
   * Moves a cursor, never back: everything up to row `position` of the history is done, and the rows `done` beyond it.
   * Returns false if there is no such cursor, or it is further on.
   */
  async moveCursor(name: string, position: number, done: readonly number[] = []): Promise<boolean> {
    checkText("`name`", name);
    const isMoved = await this.#parts.storage.moveCursor(name, position, done);
    if (isMoved) this.#parts.answerer.placesChanged();
    return isMoved;
  }

  /**
   * Gives a cursor up: neither the history nor questions wait for it any more. Returns false if there is none.
   *
   * @throws {UserError} the cursor is for another kind of arrival
   */
  async forgetCursor(name: string, kind: ArrivalKind): Promise<boolean> {
    checkText("`name`", name);
    const found = await this.#parts.storage.forgetCursor(name, kind);
    if (found === undefined) return false;
    checkKind(name, kind, found);
    this.#parts.answerer.placesChanged();
    return true;
  }

  /** Known peers, including blocked ones. */
  known(): KnownPeer[] {
    return this.#parts.trust.list();
  }

  /**
   * Notes that the user named this peer in full and that it accepted a message: its name belongs to its key from now
   * on.
   */
  async met(peer: PeerRef): Promise<void> {
    checkRef("`peer`", peer);
    await this.#parts.trust.meet(peer.id, peer.name, "sent");
  }

  /** Trusts a peer, given by name or id: its name belongs to its key from now on. */
  async trust(target: string): Promise<PeerRef> {
    checkText("`target`", target);
    const { directory, trust } = this.#parts;
    const peer = directory.choose(target, "present");
    await trust.trust(peer.id, peer.name);
    return peer;
  }

  /**
   * Removes the record of a peer, even a block, and the addresses at which it was met. A full id need not be known, nor
   * there.
   */
  async forget(target: string): Promise<PeerRef> {
    checkText("`target`", target);
    const { directory, trust, ways } = this.#parts;
    const peer = directory.choose(target, "known", true);
    await trust.forget(peer.id);
    await ways.forget(peer.id);
    return peer;
  }

  /**
   * Refuses everything from a peer, and gives up what waits for it. A full id need not be known, nor there.
   *
   * @param name by which to record it if no name is known here
   */
  async block(target: string, name?: string): Promise<PeerRef> {
    checkText("`target`", target);
    if (name !== undefined) checkText("`name`", name);
    const { directory, messenger, trust } = this.#parts;
    const found = directory.choose(target, "present", true);
    const peer = name !== undefined && found.name === shortId(found.id) ? { id: found.id, name } : found;
    await trust.block(peer.id, peer.name);
    await messenger.blocked(peer.id);
    return peer;
  }

  /** Says `bye`, finishes running work, and ends, within about a second. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await this.#parts.close();
    } finally {
      this.#release();
    }
  }
}

/** @throws {UserError} the cursor of this name is for another kind of arrival */
function checkKind(name: string, wanted: ArrivalKind, found: ArrivalKind): void {
  if (found === wanted) return;
  throw new UserError(`The cursor "${name}" belongs to \`on ${found}\`: use another label.`, ExitCode.usage);
}

async function lockState(settings: PeerSettings, profile: string | undefined): Promise<{ release(): void }> {
  const lock = await acquireLock(settings.paths.state);
  if ("release" in lock) return lock;
  throw new UserError(
    `Earshot already runs ${profile === undefined ? "here" : `as profile ${profile}`}` +
      `${lock.pid === undefined ? "" : ` (process ${lock.pid})`}; for a second peer use: --profile NAME`,
    ExitCode.failed,
  );
}
