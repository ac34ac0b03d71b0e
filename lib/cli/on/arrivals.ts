import type { ControlClient } from "../../control/client.ts";
import type { Status } from "../../control/service.ts";
import { existsSync } from "../../platform/std_fs.ts";
import type { PeerEvent } from "../../peer/types.ts";
import { senderOf } from "../../peer/plain_sender.ts";
import { History, type HistoryMessage } from "../../storage/history/history.ts";
import { readReceived } from "../../storage/history/received_file.ts";
import type { ArrivalKind, Cursor } from "../../storage/types.ts";
import { UserError } from "../../platform/user_error.ts";
import { aborted, type Context, remark, within } from "../command.ts";
import { oneLine } from "../terminal/text.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Plan } from "./plan.ts";
import { type AnswerText, PrintedAnswer } from "./question.ts";
import { GoneError, type Job, type Material, type Runner } from "./runner.ts";

/** Most arrivals from the oldest unfinished one on that are looked at. */
const WINDOW = 256;
/** Arrivals read at a time. */
const CHUNK = 100;
/** Bytes of a file read at a time. */
const PIECE = 64 * 1024;
/** How long to wait for a document to be in its place in the inbox, milliseconds, and how often to look. */
const PLACING_MS = 5_000;
const LOOK_EVERY_MS = 20;
/** How often to look without being told, and to move the cursor over arrivals that do not fit, milliseconds. */
const LOOK_ANYWAY_MS = 60_000;
/** Pauses between two attempts to answer, milliseconds: the first, and the longest. */
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 60_000;
/** How often to tell the peer that the cursor is in use, milliseconds. */
const USE_EVERY_MS = 3_600_000;

interface Entry {
  readonly message: HistoryMessage;
  state: "waiting" | "running" | "finished";
}

/** Work on arrivals: the program runs for each that fits, in order, and the cursor moves over those that are done. */
export class Arrivals {
  readonly #context: Context;
  readonly #plan: Plan & { readonly subject: ArrivalKind };
  readonly #runner: Runner;
  readonly #link: PeerLink;
  readonly #failed = Promise.withResolvers<never>();
  #history: History | undefined;
  /** Arrivals that fit, from the oldest one whose end is not marked, by row. */
  #entries: Entry[] = [];
  /** Entries from before the peer was reached anew. */
  #before = new Map<number, Entry>();
  /** Row up to which the history was read. */
  #read = 0;
  /** Rows that the cursor says are done, beyond its position. */
  #done = new Set<number>();
  #marked = { position: 0, at: 0, done: "" };
  #marking: Promise<void> = Promise.resolve();
  #running = 0;
  #isDue = false;
  /** True if rows that are missing in the history are to be told. */
  #tellsGaps = false;
  #stopped = false;
  readonly #stopping = Promise.withResolvers<void>();

  constructor(
    context: Context,
    plan: Plan & { readonly subject: ArrivalKind },
    runner: Runner,
    link: PeerLink,
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#runner = runner;
    this.#link = link;
    this.#failed.promise.catch(() => {});
  }

  /** Begins at the cursor, or goes on there, with the peer that was reached. */
  async connected(client: ControlClient, { state, inbox }: Status): Promise<void> {
    const { cursor, subject, all } = this.#plan;
    const opened = await client.openCursor(cursor, subject, all);
    const history = History.open(state, inbox);
    if (history === undefined) throw new Error("the running peer has no database");
    this.#history?.[Symbol.dispose]();
    this.#history = history;
    this.#tellsGaps ||= !opened.isNew;
    const { config } = this.#context;
    if (config.verbose) {
      remark(this.#context, `earshot: Waiting for arrivals after number ${opened.position}.`);
    }
    this.#goTo(opened);
    this.#wake();
  }

  event({ event }: PeerEvent): void {
    if (event === "document" || event === "chat" || event === "ask") this.#wake();
  }

  /** Works until it is stopped, and the programs that run then have ended. @throws {UserError} no program, no peer */
  async run(stop: AbortSignal): Promise<void> {
    const timer = setInterval(() => {
      this.#wake();
      this.#markAlong();
    }, LOOK_ANYWAY_MS);
    try {
      await Promise.race([aborted(stop), this.#failed.promise]);
    } finally {
      clearInterval(timer);
      this.#stopped = true;
      this.#stopping.resolve();
    }
    await this.#idle();
    await Promise.race([this.#mark(), this.#failed.promise]);
  }

  /** Closes the history. */
  close(): void {
    this.#history?.[Symbol.dispose]();
  }

  /** True if a question was passed over since this place was marked last. */
  #hasPassedQuestion = false;
  #idleWaits: (() => void)[] = [];

  #idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaits.push(resolve));
  }

  #goTo({ position, done }: Cursor): void {
    this.#before = new Map(this.#entries.map((entry) => [entry.message.row, entry]));
    this.#entries = [];
    this.#read = position;
    this.#done = new Set(done);
    this.#marked = { position, at: Date.now(), done: JSON.stringify(done) };
    // At once: a mark that waits for this would otherwise miss what is finished, and say that it is marked.
    this.#fill();
  }

  #wake(): void {
    if (this.#isDue || this.#stopped) return;
    this.#isDue = true;
    // Many events may come at once.
    setTimeout(() => {
      this.#isDue = false;
      // An event may come before the history is open, which wakes again.
      if (this.#stopped || this.#history === undefined) return;
      try {
        this.#fill();
        this.#start();
      } catch (error) {
        this.#failed.reject(error);
      }
    }, 0);
  }

  /** Reads further arrivals. */
  #fill(): void {
    const history = this.#history!;
    let known;
    let missing = 0;
    while (this.#entries.length < WINDOW) {
      const batch = history.arrivals(this.#read, CHUNK);
      if (batch.length === 0) break;
      known ??= this.#plan.from === undefined ? [] : history.known();
      for (const message of batch) {
        missing += message.row - this.#read - 1;
        this.#read = message.row;
        if (this.#done.has(message.row)) continue;
        if (!this.#isMeant(message, known)) {
          this.#hasPassedQuestion ||= message.question === 1;
          continue;
        }
        const before = this.#before.get(message.row);
        const isSame = before?.message.id === message.id && before.message.peer.id === message.peer.id;
        this.#entries.push(isSame ? before : { message, state: "waiting" });
      }
    }
    if (missing === 0 || !this.#tellsGaps) return;
    this.#context.err.line(
      `earshot: ${missing} older ${
        missing === 1 ? "message is" : "messages are"
      } no longer in the history, and the program was not run for what fitted: retention waits for a place ` +
        "that was used within 30 days, up to twice --keep-size.",
    );
  }

  #isMeant(
    { kind, question, name, stream, peer }: HistoryMessage,
    known: ReturnType<History["known"]>,
  ): boolean {
    const { subject } = this.#plan;
    return (question ? "ask" : kind) === subject && this.#plan.fits({ name, stream }) &&
      this.#plan.isFrom(senderOf(peer.id, peer.name), known);
  }

  /** Starts what may be started. */
  #start(): void {
    for (const entry of this.#entries) {
      if (this.#running >= this.#plan.parallel || this.#stopped) break;
      if (entry.state === "waiting") void this.#work(entry).catch((error) => this.#failed.reject(error));
    }
    const isIdle = this.#running === 0 && this.#entries.length === 0;
    // A question that is not for this program is answered by nobody until this place is behind it.
    const isUrgent = this.#plan.subject === "ask" && this.#hasPassedQuestion;
    if (!isIdle || (!isUrgent && this.#read - this.#marked.position < WINDOW)) return;
    this.#hasPassedQuestion = false;
    this.#markAlong();
  }

  async #work(entry: Entry): Promise<void> {
    entry.state = "running";
    this.#running++;
    try {
      const answer = this.#plan.subject === "ask" ? new PrintedAnswer() : undefined;
      const outcome = await this.#runner.run({ ...this.#job(entry.message), takeOutput: answer?.take });
      if (outcome.status === "stopped") {
        entry.state = "waiting";
        return;
      }
      if (answer && !await this.#answer(entry.message, answer.after(outcome))) {
        entry.state = "waiting";
        return;
      }
      entry.state = "finished";
      // The next one starts when this one is marked: a crash repeats no more than what runs.
      await this.#mark();
    } finally {
      this.#running--;
      if (this.#running === 0) { for (const resolve of this.#idleWaits.splice(0)) resolve(); }
      this.#wake();
    }
  }

  /**
   * Answers a question, unless it has an answer. Tries until the answer is on the disk; returns false if that was
   * stopped.
   */
  async #answer({ id, peer: { id: from, name } }: HistoryMessage, answer: AnswerText): Promise<boolean> {
    const about = `the question of ${oneLine(name)}`;
    if ("code" in answer) {
      this.#context.err.line(`earshot: Answered ${about} with failed: ${oneLine(answer.why)}`);
    }
    for (let pause = PAUSE_MS;; pause = Math.min(2 * pause, PAUSE_MAX_MS)) {
      try {
        await this.#link.call((client) => client.answer({ id, from }, answer));
        return true;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // A question that is no longer there needs none.
        if (this.#history!.find(id, false).length === 0) return true;
        remark(this.#context, `earshot: ${about} is not answered yet: ${error.message}`);
      }
      if (this.#stopped) return false;
      await within(this.#stopping.promise, pause);
    }
  }

  #markAlong(): void {
    this.#mark().catch((error) => this.#failed.reject(error));
  }

  /** Tells the peer how far the work is; resolves once that is durable. */
  #mark(): Promise<void> {
    const marking = this.#marking.then(async () => {
      const first = this.#progress();
      const isSame = first.position === this.#marked.position && first.done === this.#marked.done;
      if (isSame && Date.now() - this.#marked.at < USE_EVERY_MS) return;
      let told = first;
      const { cursor, subject } = this.#plan;
      const isMoved = await this.#link.call((client) => {
        told = this.#progress();
        return client.moveCursor(cursor, told.position, JSON.parse(told.done));
      });
      if (isMoved) {
        this.#marked = { ...told, at: Date.now() };
        const isOpen = ({ message, state }: Entry) => state !== "finished" || message.row > told.position;
        this.#entries = this.#entries.filter(isOpen);
      } else {
        remark(this.#context, "earshot: The place in the order of arrival was lost; going on at the end.");
        this.#goTo(await this.#link.call((client) => client.openCursor(cursor, subject, false)));
        this.#wake();
      }
    });
    this.#marking = marking.catch(() => {});
    return marking;
  }

  /** How far the work is: the position, and what is done beyond it, as JSON. */
  #progress(): { readonly position: number; readonly done: string } {
    const open = this.#entries.find(({ state }) => state !== "finished");
    const position = open ? open.message.row - 1 : this.#read;
    const finished = this.#entries.filter(({ state }) => state === "finished").map(({ message }) =>
      message.row
    );
    const done = [...new Set([...this.#done, ...finished])].filter((row) => row > position);
    return { position, done: JSON.stringify(done.sort((a, b) => a - b)) };
  }

  #job(message: HistoryMessage): Job {
    const { kind, name, peer: { name: from }, row } = message;
    const what = this.#plan.subject === "ask"
      ? "the question"
      : kind === "chat"
      ? "a chat message"
      : oneLine(name);
    return { title: `${what} from ${oneLine(from)}`, material: () => this.#material(row) };
  }

  /** Reads an arrival; waits for a document that is not in its place yet. */
  async #material(row: number): Promise<Material> {
    for (const until = performance.now() + PLACING_MS;;) {
      const message = this.#history!.arrival(row);
      if (message === undefined) throw new GoneError("it is no longer in the history");
      const isPending = message.kind === "document" && this.#history!.isPending(row) &&
        !(message.path !== undefined && existsSync(message.path));
      if (!isPending || performance.now() > until) return this.#open(message, isPending);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  #open(message: HistoryMessage, isPending: boolean): Material {
    const { id, kind, peer, name, stream, path, sentAt, to, re, code, text = "" } = message;
    const variables = {
      EARSHOT_EVENT: this.#plan.subject,
      EARSHOT_ID: id,
      EARSHOT_FROM: peer.name,
      EARSHOT_FROM_ID: senderOf(peer.id, peer.name).id,
      EARSHOT_NAME: name,
      EARSHOT_STREAM: stream,
      EARSHOT_PATH: path,
      EARSHOT_SENT_AT: timeOf(sentAt),
      EARSHOT_TO: to,
      EARSHOT_RE: re,
      EARSHOT_CODE: code,
    };
    if (kind === "chat") return { variables, input: [new TextEncoder().encode(text)] };
    const body = this.#history!.body(message);
    if (body !== undefined) return { variables, input: [body] };
    const input = readReceived(message, PIECE);
    if (typeof input !== "string") return { variables, input };
    if (isPending) throw new Error("it cannot be saved in the inbox yet");
    throw new GoneError(
      input === "gone" ? "its file was removed from the inbox" : "its file was changed since it arrived",
    );
  }
}

/** Writes a time of the sender's clock in ISO 8601; empty if there is none, or it is none of any calendar. */
function timeOf(at: number | undefined): string {
  const date = new Date(at ?? NaN);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
