import type { Clock, Timer } from "../platform/clock.ts";
import { release } from "../platform/memory.ts";
import type { HandshakePayload } from "../protocol/handshake_payload.ts";
import { RECORD_MAX, TAG_BYTES } from "../protocol/limits.ts";
import { decodeMessages, encodeMessage, type Message } from "../protocol/message.ts";
import { isFault, type SecureChannel } from "./handshake.ts";
import { joinBytes } from "../platform/join_bytes.ts";

/** A peer heard from another address must answer within this time, or the session is closed; milliseconds. */
const PROBE_MS = 4_000;
/**
 * A ping is sent after this long without a record: in a session in which something waits for an answer, in one that we
 * keep though nothing is said, and in any other. Milliseconds.
 */
const PING_WAITING_MS = 1_000;
const PING_KEPT_MS = 5_000;
const PING_AFTER_MS = 15_000;
/** Without a record for this long the session ends, milliseconds. */
const SILENT_AFTER_MS = 30_000;
/** How often a session looks at the clock, milliseconds; so late, this program did not run. */
const LOOK_EVERY_MS = 1_000;
const LATE_MS = 2_000;
/** A session is closed when nothing but pings went for this long and nothing is unacknowledged; milliseconds. */
const IDLE_AFTER_MS = 60_000;
/**
 * Most that is written to the socket at once, bytes: an urgent frame waits behind about as much. The larger one goes to a
 * connection that took the piece before within this many milliseconds.
 */
const BATCH_BYTES = 64 * 1024;
const BATCH_FAST_BYTES = 192 * 1024;
const FAST_MS = 10;
/** How long a closing session waits for the other side to hang up, milliseconds. */
const LINGER_MS = 1_000;

const NO_DATA = new Uint8Array();

/** Source and sink of the messages of sessions. Nothing here may throw. */
export interface SessionTraffic {
  /** Takes a message, except ping, pong and close, which the session handles itself. */
  received(session: Session, message: Message): void;
  /** Returns the next frame to send, if any. With `answersOnly`, only answers may still go out. */
  nextFrame(session: Session, answersOnly: boolean): Uint8Array | undefined;
  /** Resolves when more may be read; undefined if that is now. */
  drained(session: Session): Promise<void> | undefined;
  /** True if something sent or received is not acknowledged yet. */
  unacknowledged(session: Session): boolean;
}

/** Callbacks of a session to its owner. Nothing here may throw. */
export interface SessionOwner extends SessionTraffic {
  /** True if it stays although nothing is said. */
  keeps(session: Session): boolean;
  /** A ping has no answer yet; called about every second. */
  unanswered(session: Session): void;
  /** The session is over; called once. */
  closed(session: Session, why: string): void;
  /** The session ends because of a fault of this program. */
  failed(error: unknown): void;
}

/**
 * One encrypted session (PROTOCOL.md 2.10 and 3.10): reads and writes records, answers pings, and ends when it is
 * silent or idle. Reading never waits for writing.
 */
export class Session {
  /** Proven id of the other side. */
  readonly id: string;
  readonly remote: HandshakePayload;
  /** True if we dialled. */
  readonly initiator: boolean;

  #closed: string | undefined;
  #closing: string | undefined;
  #writing = false;
  #flushAsked = false;
  #lastRecord: number;
  #lastActivity: number;
  #writeSince: number | undefined;
  #batch = BATCH_BYTES;
  #waitingForDisk = false;
  #timer: Timer | undefined;
  #linger: Timer | undefined;

  #pong: number | undefined;
  #ping = false;
  /** When the first ping was sent since the last record. */
  #pingedAt: number | undefined;
  #probe: Timer | undefined;

  constructor(
    private readonly channel: SecureChannel,
    private readonly owner: SessionOwner,
    private readonly clock: Clock,
  ) {
    this.id = channel.remoteId;
    this.remote = channel.remote;
    this.initiator = channel.initiator;
    this.#lastRecord = this.#lastActivity = clock.now();
  }

  /** Address of the other side. */
  get address(): SecureChannel["framed"]["connection"]["remote"] {
    return this.channel.framed.connection.remote;
  }

  /** Our own address of the connection. */
  get localHost(): string | undefined {
    return this.channel.framed.connection.localHost;
  }

  /** True if the session has ended or is about to. */
  get ended(): boolean {
    return this.#closed !== undefined || this.#closing !== undefined;
  }

  /** Milliseconds since anything but pings went in either direction. */
  get quietFor(): number {
    return this.clock.now() - this.#lastActivity;
  }

  /** Monotonic time of the last record from the other side; now while we do not read because of our own disk. */
  get heardAt(): number {
    return this.#waitingForDisk ? this.clock.now() : this.#lastRecord;
  }

  /** Milliseconds since a ping was sent, if nothing was heard after it; else 0. */
  get unansweredFor(): number {
    return this.#pingedAt === undefined || this.#waitingForDisk ? 0 : this.clock.now() - this.#pingedAt;
  }

  /** Sends a ping. */
  ping(): void {
    this.#ping = true;
    this.#pingedAt ??= this.clock.now();
    this.wake();
  }

  /** Pings the other side, which may have moved. If nothing is heard within 4 s, calls `lost` and ends the session. */
  probe(lost: () => void): void {
    if (this.#probe || this.#closed !== undefined) return;
    const last = this.heardAt;
    this.ping();
    this.#probe = this.clock.after(PROBE_MS, () => {
      this.#probe = undefined;
      if (this.heardAt > last || this.#closed !== undefined) return;
      lost();
      this.#end("its address changed");
    });
  }

  /** Starts to read. */
  start(): void {
    this.#watch();
    void this.#readLoop();
  }

  /** Sends what the owner has to send. Calls of one turn share a write. */
  wake(): void {
    if (this.#flushAsked || this.#writing || this.#closed !== undefined) return;
    this.#flushAsked = true;
    queueMicrotask(() => {
      this.#flushAsked = false;
      void this.#writeLoop();
    });
  }

  /** Closes the session in order: pending answers go out, then `close`, then the connection closes. */
  close(why: string): void {
    if (this.ended) return;
    this.#closing = why;
    this.#linger = this.clock.after(LINGER_MS, () => this.#end(why));
    this.wake();
  }

  /** Ends the session at once. */
  abort(why: string): void {
    this.#end(why);
  }

  #end(why: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = this.#closing ?? why;
    this.#timer?.cancel();
    this.#linger?.cancel();
    this.#probe?.cancel();
    this.channel.framed.close();
    this.owner.closed(this, this.#closed);
  }

  async #readLoop(): Promise<void> {
    const { framed, receive } = this.channel;
    try {
      for (;;) {
        const record = framed.readNow() ?? await framed.read();
        if (!record) return this.#end("hung up");
        this.#heard();
        const plaintext = receive.decryptWithAd(NO_DATA, record);
        const messages = decodeMessages(plaintext);
        for (const message of messages) this.#received(message);
        // Parts are copied as they come; other messages may still be referenced.
        if (messages.every(({ type }) => type === "part")) release(plaintext);
        const drained = this.owner.drained(this);
        if (drained) {
          this.#waitingForDisk = true;
          await drained;
          this.#waitingForDisk = false;
          this.#heard();
        }
        if (this.#closed !== undefined) return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #heard(): void {
    this.#lastRecord = this.clock.now();
    this.#pingedAt = undefined;
  }

  #fail(error: unknown): void {
    if (isFault(error)) this.owner.failed(error);
    this.#end(error instanceof Error ? error.message : String(error));
  }

  #received(message: Message): void {
    if (this.#closed !== undefined) return;
    switch (message.type) {
      case "ping":
        this.#pong = message.n;
        return this.wake();
      case "pong":
      case "unknown":
        return;
      case "close":
        return this.#end(message.why);
    }
    this.#lastActivity = this.#lastRecord;
    this.owner.received(this, message);
  }

  async #writeLoop(): Promise<void> {
    if (this.#writing || this.#closed !== undefined) return;
    this.#writing = true;
    try {
      for (;;) {
        const records = this.#nextRecords();
        if (records.length === 0) {
          if (this.#closing !== undefined) return this.#end(this.#closing);
          return;
        }
        this.#writeSince = this.clock.now();
        await this.channel.framed.write(records);
        this.#batch = this.clock.now() - this.#writeSince < FAST_MS ? BATCH_FAST_BYTES : BATCH_BYTES;
        this.#writeSince = undefined;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = false;
    }
  }

  /** Encrypts what goes out next: as many frames a record as fit, in all about what the connection takes at once. */
  #nextRecords(): Uint8Array[] {
    const capacity = Math.min(this.remote.rx, RECORD_MAX) - TAG_BYTES;
    const records: Uint8Array[] = [];
    let frames: Uint8Array[] = [];
    let length = 0;
    let total = 0;
    const seal = () => {
      if (frames.length === 0) return;
      const plaintext = frames.length === 1 ? frames[0]! : joinBytes(frames, length);
      records.push(this.channel.send.encryptWithAd(NO_DATA, plaintext));
      for (const frame of frames) release(frame);
      release(plaintext);
      frames = [];
      length = 0;
    };
    while (total < this.#batch && this.#closed === undefined) {
      const frame = this.#pingFrame() ?? this.#ownersFrame() ?? this.#closeFrame();
      if (!frame) break;
      if (length + frame.length > capacity) seal();
      frames.push(frame);
      length += frame.length;
      total += frame.length;
    }
    seal();
    return records;
  }

  #pingFrame(): Uint8Array | undefined {
    if (this.#pong !== undefined) {
      const frame = encodeMessage({ type: "pong", n: this.#pong });
      this.#pong = undefined;
      return frame;
    }
    if (this.#ping) {
      this.#ping = false;
      return encodeMessage({ type: "ping", n: 1 });
    }
    return undefined;
  }

  #ownersFrame(): Uint8Array | undefined {
    const frame = this.owner.nextFrame(this, this.#closing !== undefined);
    if (frame) this.#lastActivity = this.clock.now();
    return frame;
  }

  #closeSent = false;

  #closeFrame(): Uint8Array | undefined {
    if (this.#closing === undefined || this.#closeSent) return undefined;
    this.#closeSent = true;
    return encodeMessage({ type: "close", why: this.#closing });
  }

  /** Checks at intervals whether the other side is still there and whether the session is still needed. */
  #watch(): void {
    const due = this.clock.now() + LOOK_EVERY_MS;
    this.#timer = this.clock.after(LOOK_EVERY_MS, () => {
      this.#look(this.clock.now() - due >= LATE_MS);
      if (this.#closed === undefined) this.#watch();
    });
  }

  /** @param isLate true if this program did not run for a while: what came meanwhile is not read yet */
  #look(isLate: boolean): void {
    if (isLate) return this.ping();
    const now = this.clock.now();
    const silent = now - this.heardAt;
    const stuck = this.#writeSince === undefined ? 0 : now - this.#writeSince;
    if (silent >= SILENT_AFTER_MS || stuck >= SILENT_AFTER_MS) return this.#end("silent");
    const waits = this.owner.unacknowledged(this);
    const isKept = this.owner.keeps(this);
    if (this.quietFor >= IDLE_AFTER_MS && !waits && !isKept) return this.close("idle");
    const patience = waits ? PING_WAITING_MS : isKept && this.initiator ? PING_KEPT_MS : PING_AFTER_MS;
    if (silent >= patience && this.#pingedAt === undefined) this.ping();
    if (this.unansweredFor > 0) this.owner.unanswered(this);
  }
}
