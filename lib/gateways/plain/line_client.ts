import { plainHost } from "../../net/addresses.ts";
import type { Connection } from "../../net/types.ts";
import { type Door, STREAM_DOCUMENT_MAX } from "../../peer/door.ts";
import type { Clock } from "../../platform/clock.ts";
import { Lines } from "./lines.ts";
import type { Rates } from "./rates.ts";
import { answerTo, PLAIN_NAME, PLAIN_STREAM, saidLine } from "./texts.ts";

/** Most lines in a second from one address; the next are read later. */
const LINES_EACH = 500;
/** Most bytes that wait for a slow reader, and how long one write may take, milliseconds. */
const WAITING_MAX = 256 * 1024;
const WRITE_MS = 10_000;
/** Lines written to a client that are remembered: one that comes back is an echo. */
const ECHOES_MAX = 64;

const encoder = new TextEncoder();

/** Surroundings of a {@linkcode LineClient}. */
export interface LineClientOptions {
  readonly door: Pick<Door, "chat" | "document">;
  readonly rates: Rates;
  readonly clock: Clock;
  /** Takes the connection over, with the bytes that were read, if it speaks HTTP. */
  readonly http: (read: Uint8Array) => void;
  /** Called with what this client said. */
  readonly said: (text: string) => void;
}

/** A program that is connected: its lines come in, and what is said goes out to it. */
export class LineClient {
  readonly #lines: Lines;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  readonly #echoes = new Set<string>();
  /** Lines that were taken since the last pause. */
  #uncounted = 0;
  #isOver = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(private readonly connection: Connection, private readonly options: LineClientOptions) {
    this.#lines = new Lines({
      taken: (text, isJson) => this.#taken(text, isJson),
      answer: (text) => this.#write(`${text}\n`),
      end: () => this.#ended.resolve(),
    }, options.clock);
  }

  /** Reads until the connection ends or speaks HTTP. Returns true if it was handed over. Does not reject. */
  async run(): Promise<boolean> {
    let isHttp = false;
    const reading = this.#read().then((http) => isHttp = http, () => this.#ended.resolve());
    await Promise.race([reading.then(() => isHttp ? undefined : this.#ended.promise), this.#ended.promise]);
    this.#isOver = true;
    this.#lines.close();
    if (isHttp) this.options.http(this.#lines.unread);
    else await this.#writing;
    return isHttp;
  }

  /** Writes what somebody said. */
  tell(name: string, text: string): void {
    // It may be about to speak HTTP, in which this would be no answer.
    if (this.#lines.isUndecided) return;
    const line = saidLine(name, text);
    this.#echoes.add(line);
    if (this.#echoes.size > ECHOES_MAX) this.#echoes.delete(this.#echoes.values().next().value!);
    this.#write(`${line}\n`);
  }

  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(16 * 1024);
    for (;;) {
      const n = await this.connection.read(buffer);
      if (this.#isOver) return false;
      if (n === null) {
        this.#lines.ended();
        return false;
      }
      if (this.#lines.push(buffer.subarray(0, n))) return true;
      await this.#lines.ready;
      await this.#pace();
    }
  }

  /** Waits while the address has sent too many lines in this second: reading no more slows the sender down. */
  async #pace(): Promise<void> {
    const { rates, clock } = this.options;
    for (; this.#uncounted > 0 && !this.#isOver; this.#uncounted--) {
      while (!this.#isOver && !rates.take(plainHost(this.connection.remote.host), LINES_EACH)) {
        await new Promise<void>((resolve) => clock.after(rates.untilNext, resolve));
      }
    }
  }

  async #taken(text: string, isJson: boolean): Promise<string | undefined> {
    this.#uncounted++;
    const { door, said } = this.options;
    const host = plainHost(this.connection.remote.host);
    try {
      if (isJson) {
        const body = encoder.encode(text);
        const stream = body.length <= STREAM_DOCUMENT_MAX ? PLAIN_STREAM : undefined;
        return answerTo(await door.document(host, { name: PLAIN_NAME, stream, body }), true);
      }
      if (this.#echoes.has(text)) return undefined;
      const taken = await door.chat(host, text);
      if (taken.taken) said(text);
      return answerTo(taken);
    } catch { // the store has failed and said so
      return "No! busy";
    }
  }

  #write(text: string): void {
    if (this.#isOver) return;
    const data = encoder.encode(text);
    this.#waitingBytes += data.length;
    if (this.#waitingBytes > WAITING_MAX) return this.#ended.resolve();
    this.#waiting.push(data);
    this.#writing ??= this.#writeAll().finally(() => this.#writing = undefined);
  }

  async #writeAll(): Promise<void> {
    for (let data; (data = this.#waiting.shift());) {
      const timer = this.options.clock.after(WRITE_MS, () => this.connection.close());
      try {
        await this.connection.write(data);
      } catch {
        this.#waiting = [];
        this.#ended.resolve();
      } finally {
        timer.cancel();
      }
      this.#waitingBytes -= data.length;
    }
  }
}
