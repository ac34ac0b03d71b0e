import type { Service } from "../../control/service.ts";
import {
  isJson,
  jsonLineOf,
  looksLikeJson,
  PLAIN_NAME,
  PLAIN_STREAM,
  textOf,
  withoutZeros,
} from "../../gateways/plain/texts.ts";
import { STREAM_DOCUMENT_MAX } from "../../peer/door.ts";
import { joinBytes } from "../../platform/join_bytes.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Context, remark } from "../command.ts";
import { refusal } from "../terminal/text.ts";

/** Most lines on their way to the disk; more are not read until then. */
const SAVING_MAX = 32;
const NEWLINE = 10;

/** Puts the lines of a raw socket that are JSON objects or arrays into the inbox; others are left alone. */
export class SavedLines {
  #line = new Uint8Array();
  #isTooLong = false;
  readonly #saving = new Set<Promise<void>>();
  #saved = 0;
  #lost = 0;
  #refused: ExitCode = ExitCode.done;
  #sender: string | undefined;

  constructor(private readonly context: Context, private readonly service: Pick<Service, "keep">) {}

  /** Takes a piece of a stream. Resolves when more may come. */
  async push(piece: Uint8Array, from: string): Promise<void> {
    let rest = piece;
    for (let end; (end = rest.indexOf(NEWLINE)) >= 0; rest = rest.subarray(end + 1)) {
      this.#append(rest.subarray(0, end));
      await this.#take(from);
    }
    this.#append(rest);
  }

  /** Takes the last line of a stream, which need not end with a newline. */
  async endLine(from: string): Promise<void> {
    await this.#take(from);
  }

  /** Takes a datagram: one text, whatever lines it has. Resolves when more may come. */
  async datagram(data: Uint8Array, from: string): Promise<void> {
    this.#append(withoutZeros(data));
    await this.#take(from);
  }

  /** Waits until everything is on disk, and says what was saved. Returns the exit code. */
  async end(): Promise<ExitCode> {
    await Promise.all(this.#saving);
    const count = (n: number) => `${n} ${n === 1 ? "document" : "documents"}`;
    if (this.#saved > 0) remark(this.context, `Saved ${count(this.#saved)} from ${this.#sender}.`);
    if (this.#lost === 0) return this.#refused;
    const why = `no JSON, or over ${STREAM_DOCUMENT_MAX} bytes`;
    this.context.err.line(`earshot: ${this.#lost} of the lines that begin as JSON were not saved: ${why}.`);
    return this.#refused || ExitCode.failed;
  }

  #append(more: Uint8Array): void {
    const room = Math.max(0, STREAM_DOCUMENT_MAX + 1 - this.#line.length);
    this.#isTooLong ||= more.length > room;
    const kept = more.subarray(0, room);
    this.#line = joinBytes([this.#line, kept]);
  }

  async #take(from: string): Promise<void> {
    const isTooLong = this.#isTooLong;
    const text = textOf(this.#line)?.trim();
    this.#line = new Uint8Array();
    this.#isTooLong = false;
    if (text === undefined || !looksLikeJson(text)) return;
    if (isTooLong || !isJson(text)) return void this.#lost++;
    const body = new TextEncoder().encode(jsonLineOf(text));
    const saving = this.service.keep(from, body, { name: PLAIN_NAME, stream: PLAIN_STREAM }).then((kept) => {
      this.#sender = kept.from;
      if (kept.taken) return void this.#saved++;
      this.#refused = ExitCode.refused;
      this.context.err.line(`earshot: A line from ${kept.from} was not saved: ${refusal(kept)}.`);
    }).finally(() => this.#saving.delete(saving));
    this.#saving.add(saving);
    // A failure is told by the wait for room, or by the last one.
    saving.catch(() => {});
    if (this.#saving.size >= SAVING_MAX) await Promise.race(this.#saving);
  }
}
