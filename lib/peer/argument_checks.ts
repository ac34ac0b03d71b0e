import { isNodeId } from "../identity/node_id.ts";
import { is } from "../protocol/fields.ts";
import { CHAT_MAX, NAME_MAX, STREAM_MAX } from "../protocol/limits.ts";
import { checkHead, checkName, DOCUMENT_NAME, usage } from "./message_checks.ts";
import { isSpoolName } from "../storage/files/spool.ts";

/** Longest time that a timer can wait for, milliseconds. */
const TIMEOUT_LIMIT = 2 ** 31 - 1;
/** A stream that can fill a buffer is read in pieces of this size, bytes. */
const PIECE = 1024 * 1024;

const DOCUMENT = "expected a Uint8Array, an AsyncIterable of them, or a document of the spool";

/** Advice for a value that may be meant as a document, by its kind. */
const TO_BYTES: Readonly<Record<string, string>> = {
  "a string": "new TextEncoder().encode(text)",
  "an object": "new TextEncoder().encode(JSON.stringify(value))",
  "an array": "new TextEncoder().encode(JSON.stringify(value))",
  "an ArrayBuffer": "new Uint8Array(buffer) makes one of it",
  "a SharedArrayBuffer": "new Uint8Array(buffer) makes one of it",
  "a Blob": "blob.stream() makes pieces of it",
  "a File": "file.stream() makes pieces of it",
  "a Promise": "await it",
};

/**
 * Checks a document given by a caller without types.
 *
 * @throws {UserError} invalid document
 */
export function checkDocument(document: unknown): void {
  if (document instanceof Uint8Array || isPieces(document) || isSpooled(document)) return;
  const kind = kindOf(document);
  const todo = ArrayBuffer.isView(document)
    ? "new Uint8Array(view.buffer, view.byteOffset, view.byteLength) makes one of it"
    : TO_BYTES[kind];
  throw usage(`Invalid document: ${DOCUMENT}, not ${kind}${todo ? `: ${todo}` : ""}.`);
}

/**
 * Passes on pieces of a document. Each stays as it is until the one after the next is asked for.
 *
 * @throws {UserError} if one is not bytes
 */
export async function* checkedPieces(pieces: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  const reader = byteReader(pieces);
  if (reader) return yield* largePieces(reader);
  for await (const piece of pieces) {
    if (!(piece instanceof Uint8Array)) {
      throw usage(`Invalid document: a piece must be a Uint8Array, not ${kindOf(piece)}.`);
    }
    yield new Uint8Array(piece);
  }
}

/**
 * Reads a stream that can fill a buffer, such as that of a file, in larger pieces than it would give by itself. Reads
 * the next piece while one is used.
 */
async function* largePieces(reader: ReadableStreamBYOBReader): AsyncGenerator<Uint8Array> {
  const spare = [new Uint8Array(PIECE), new Uint8Array(PIECE)];
  const read = readerInto(reader);
  let isEnded = false;
  try {
    for (let next = read(new Uint8Array(PIECE));;) {
      const { value, done } = await next;
      isEnded = done;
      if (done) return;
      next = read(spare.shift()!);
      yield value;
      spare.push(new Uint8Array(value.buffer));
    }
  } finally {
    if (!isEnded) await reader.cancel();
    reader.releaseLock();
  }
}

/** Returns the function that reads into a buffer; one call at a time. */
function readerInto(
  reader: ReadableStreamBYOBReader,
): (buffer: Uint8Array<ArrayBuffer>) => Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
  let end = () => {};
  // A source that closes its stream, but not the request for bytes, leaves the read waiting for ever.
  reader.closed.then(() => end(), () => {});
  return (buffer) => {
    const { promise, resolve, reject } = Promise.withResolvers<
      ReadableStreamReadResult<Uint8Array<ArrayBuffer>>
    >();
    reader.read(buffer).then(resolve, reject);
    promise.catch(() => {}); // nobody may be left who waits for it
    end = () => resolve({ value: undefined, done: true });
    return promise;
  };
}

function byteReader(pieces: unknown): ReadableStreamBYOBReader | undefined {
  try {
    return pieces instanceof ReadableStream ? pieces.getReader({ mode: "byob" }) : undefined;
  } catch {
    return undefined; // not a stream of bytes
  }
}

/** @throws {UserError} options with which nothing can be sent */
export function checkDocumentOptions(options: unknown): void {
  const { to, name, stream, queue, series, progress, deferred } = optionsOf(options, "an object with `to`");
  checkRecipients(to);
  checkMessageOptions(options as object);
  checkOptional("queue", queue, "true or false", isFlag);
  checkOptional("series", series, "true or false", isFlag);
  checkOptional("progress", progress, "a function", isFunction);
  checkOptional("deferred", deferred, "a function", isFunction);
  if (name !== undefined) checkName("`name`", text("`name`", name), NAME_MAX);
  if (stream !== undefined) checkName("`stream`", text("`stream`", stream), STREAM_MAX);
  checkHead(name as string ?? DOCUMENT_NAME, stream as string | undefined);
}

/** @throws {UserError} options with which nothing can be asked */
export function checkAskOptions(options: unknown): void {
  const { to, answered } = optionsOf(options, "an object with `to`");
  checkRecipients(to);
  checkMessageOptions(options as object);
  checkOptional("answered", answered, "a function", isFunction);
}

/** @throws {UserError} what does not name a question */
export function checkQuestion(value: unknown): void {
  const { id, from } = (value ?? {}) as Record<string, unknown>;
  const isOne = isMessageId(id) && typeof from === "string" && isNodeId(from);
  if (!isOne) {
    throw wrong("`question`", "an object with the question's `id`, and the asker's in `from`", value);
  }
}

/** @throws {UserError} invalid text or options of a chat message */
export function checkChat(said: unknown, options: unknown): void {
  const given = text("the text", said);
  if (!given.isWellFormed()) {
    throw usage("Invalid argument: the text is not well-formed, it has half a character.");
  }
  // UTF-8 has at most three bytes for each code unit.
  const bytes = 3 * given.length <= CHAT_MAX ? 0 : new TextEncoder().encode(given).length;
  if (bytes > CHAT_MAX) {
    throw usage(
      `A chat message has at most ${CHAT_MAX} bytes; this one has ${bytes}. Send it as a document.`,
    );
  }
  const { to } = optionsOf(options, "an object");
  if (to !== undefined) checkRecipients(to);
  checkMessageOptions(options as object);
}

/** @throws {UserError} the value is not text, or empty */
export function checkText(what: string, value: unknown): void {
  if (text(what, value) === "") throw usage(`Invalid argument: ${what} is empty.`);
}

/** @throws {UserError} the value is no time to wait */
export function checkTimeout(what: string, value: unknown): void {
  const isOne = typeof value === "number" && value >= 0 && value <= TIMEOUT_LIMIT;
  if (!isOne) throw wrong(what, `a number of milliseconds, 0 to ${TIMEOUT_LIMIT}`, value);
}

/** @throws {UserError} the value is no function */
export function checkFunction(what: string, value: unknown): void {
  if (!isFunction(value)) throw wrong(what, "a function", value);
}

/** @throws {UserError} what does not name a peer */
export function checkRef(what: string, value: unknown): void {
  const { id, name } = (value ?? {}) as Record<string, unknown>;
  const isOne = typeof id === "string" && isNodeId(id) && typeof name === "string";
  if (!isOne) throw wrong(what, "an object with `id` and `name`, as resolve() gives it", value);
}

/** Returns the members of an options object. @throws {UserError} not such an object */
export function optionsOf(options: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) {
    return options as Record<string, unknown>;
  }
  throw wrong("the options", expected, options);
}

/** Returns an error that names the expected value. */
export function wrong(what: string, expected: string, value: unknown): Error {
  return usage(`Invalid argument: ${what} must be ${expected}, not ${shown(value)}.`);
}

function checkMessageOptions({ timeout, id }: { timeout?: unknown; id?: unknown }): void {
  if (timeout !== undefined) checkTimeout("`timeout`", timeout);
  checkOptional("id", id, "a message id (the 26 characters of a ULID)", isMessageId);
}

function checkRecipients(to: unknown): void {
  const expected = "`to` must be an array of peer ids";
  if (!Array.isArray(to)) throw usage(`Invalid argument: ${expected}, not ${shown(to)}.`);
  for (const id of to) {
    if (typeof id === "string" && isNodeId(id)) continue;
    const what = shown(id);
    const todo = typeof id === "string" ? `resolve(${what}, 5_000) finds it` : "use its `id`";
    throw usage(`Invalid argument: ${expected}, and ${what} is none: ${todo}.`);
  }
}

function checkOptional(
  key: string,
  value: unknown,
  expected: string,
  fits: (value: unknown) => boolean,
): void {
  if (value !== undefined && !fits(value)) throw wrong(`\`${key}\``, expected, value);
}

function text(what: string, value: unknown): string {
  if (typeof value !== "string") throw wrong(what, "a text", value);
  return value;
}

function isMessageId(value: unknown): boolean {
  return typeof value === "string" && is.ulid(value);
}

function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isPieces(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function isSpooled(value: unknown): boolean {
  const { spool, size, sha256 } = (value ?? {}) as Record<string, unknown>;
  return typeof spool === "string" && isSpoolName(spool) && Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
}

/** Formats a value for a sentence: a short text as it is. */
function shown(value: unknown): string {
  return typeof value === "string" && value.length <= 40 ? JSON.stringify(value) : kindOf(value);
}

/** Describes the kind of a value for a sentence; numbers as they are. */
function kindOf(value: unknown): string {
  if (value === null || ["undefined", "number", "boolean", "bigint"].includes(typeof value)) {
    return String(value);
  }
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return "an array";
  const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return name === "Object" ? "an object" : `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}
