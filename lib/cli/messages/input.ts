import { isOpenAlready } from "../../platform/paths.ts";
import { meaningOf } from "../../platform/trouble.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { invalidUtf8At, otherEncoding } from "../../protocol/text_encoding.ts";
import { type Context, Interrupted, remark, unlessInterrupted } from "../command.ts";
import { oneLine } from "../terminal/text.ts";

/** A source of bytes. */
export type Source = Pick<Deno.FsFile, "read">;

/** Bytes read at a time. */
export const PIECE = 256 * 1024;

/** Thread that opens a pipe, which blocks it until somebody opens that for writing, and holds it. */
const OPENER = "data:text/javascript," + encodeURIComponent(
  // If it fails, the reason is told when it is opened here.
  "onmessage = ({ data }) => { try { globalThis.pipe = Deno.openSync(data); } catch {} postMessage(0); };",
);

/** A named pipe. To open one blocks the whole runtime, signals too, until there is a writer: a thread waits for that. */
class NamedPipe implements Source {
  private constructor(private readonly file: Deno.FsFile, private readonly opener: Worker) {}

  /** @throws {Interrupted} if the user ends the command before anybody writes */
  static async open(path: string, interrupted: AbortSignal | undefined): Promise<NamedPipe> {
    const opener = new Worker(OPENER, { type: "module" });
    try {
      const opened = new Promise<void>((resolve) => opener.onmessage = () => resolve());
      opener.postMessage(path);
      await (interrupted ? unlessInterrupted(opened, interrupted) : opened);
      return new NamedPipe(await openWritten(path), opener);
    } catch (error) {
      opener.terminate();
      throw error;
    }
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.file.read(into);
  }

  close(): void {
    this.opener.terminate();
    this.file.close();
  }
}

/** Opens a pipe that was opened for writing, also if its writer has ended: to open it for both never blocks. */
async function openWritten(path: string): Promise<Deno.FsFile> {
  let both: Deno.FsFile | undefined;
  try {
    both = await Deno.open(path, { read: true, write: true });
  } catch { /* this user may not write to it */ }
  try {
    return await Deno.open(path);
  } finally {
    both?.close();
  }
}

/** A file or standard input, read in pieces. */
export class Input implements Disposable {
  /** Its name in messages: the path, or `standard input`. */
  readonly name: string;
  /** Size of a file that has one, bytes. */
  readonly size: number | undefined;
  readonly #source: Source;
  readonly #interrupted: AbortSignal | undefined;
  #isEnded = false;

  private constructor(name: string, source: Source, interrupted?: AbortSignal, size?: number) {
    this.name = name;
    this.size = size;
    this.#source = source;
    this.#interrupted = interrupted;
  }

  /**
   * Opens a file, or standard input for `-`.
   *
   * @param interrupted aborted when the user ends the command
   * @throws {UserError} exit code 2 if it cannot be opened
   * @throws {Interrupted} if the user ends the command before anybody writes to a named pipe
   */
  static async open(path: string, stdin: Source, interrupted?: AbortSignal): Promise<Input> {
    if (path === "-") return new Input("standard input", stdin, interrupted);
    const name = oneLine(path);
    let file: Deno.FsFile;
    try {
      const isNamedPipe = !isOpenAlready(path) && (await Deno.stat(path)).isFifo;
      if (isNamedPipe) return new Input(name, await NamedPipe.open(path, interrupted), interrupted);
      file = await Deno.open(path);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      if (!(error instanceof Deno.errors.NotFound)) throw unreadable(name, error);
      const todo = path.includes("\ufffd")
        ? " Its name is not UTF-8, it seems: rename it, or send it through standard input with --name NAME."
        : "";
      throw new UserError(`There is no file ${name}.${todo}`, ExitCode.usage);
    }
    const { isDirectory, isFile, size } = await file.stat();
    if (!isDirectory) return new Input(name, file, interrupted, isFile ? size : undefined);
    file.close();
    throw unreadable(name, new Deno.errors.IsADirectory("is a directory"));
  }

  /**
   * Reads up to the end, or up to `most` bytes. Reads `first` bytes at first, if so many are expected.
   *
   * @throws {UserError} exit code 2 if it cannot be read
   * @throws {Interrupted} if the user ends the command
   */
  async readUpTo(most: number, first = PIECE): Promise<Uint8Array> {
    let buffer = new Uint8Array(Math.min(first, most));
    let length = 0;
    while (length < most && !this.#isEnded) {
      const count = await this.#read(buffer.subarray(length));
      this.#isEnded = count === 0;
      length += count;
      if (length < buffer.length || length === most) continue;
      const larger = new Uint8Array(Math.min(2 * buffer.length, most));
      larger.set(buffer);
      buffer = larger;
    }
    return buffer.subarray(0, length);
  }

  /**
   * Reads what is there, as soon as there is something. Returns the number of bytes; 0 at the end.
   *
   * @throws {UserError} exit code 2 if it cannot be read
   * @throws {Interrupted} if the user ends the command
   */
  async read(into: Uint8Array): Promise<number> {
    const count = this.#isEnded ? 0 : await this.#read(into);
    this.#isEnded = count === 0;
    return count;
  }

  [Symbol.dispose](): void {
    if (this.#source instanceof Deno.FsFile || this.#source instanceof NamedPipe) this.#source.close();
  }

  async #read(into: Uint8Array): Promise<number> {
    const read = this.#source.read(into).catch((error) => {
      throw unreadable(this.name, error);
    });
    return await (this.#interrupted ? unlessInterrupted(read, this.#interrupted) : read) ?? 0;
  }
}

function unreadable(name: string, error: unknown): UserError {
  const why = error instanceof Deno.errors.NotCapable
    ? "special files of the system are not opened (- is standard input)"
    : meaningOf(error);
  return new UserError(`${name} cannot be read: ${why}.`, ExitCode.usage, { cause: error });
}

/** Tells whether a path is the standard input of this process. */
export function isStandardInput(path: string): boolean {
  return /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(path);
}

/** If standard input is a keyboard, tells the user that input is expected and how to end it. */
export function remarkKeyboard(context: Context): void {
  if (!Deno.stdin.isTerminal()) return;
  const end = Deno.build.os === "windows" ? "Ctrl-Z and Enter" : "Ctrl-D";
  remark(context, `Reading from the keyboard: ${end} on a line of its own ends it, Ctrl-C gives up.`);
}

/** Names the encoding of text that is not UTF-8, with the remedy, as the end of a sentence; undefined for UTF-8. */
export function notUtf8(bytes: Uint8Array): string | undefined {
  const invalid = invalidUtf8At(bytes);
  if (invalid === undefined && !bytes.includes(0)) return undefined;
  const other = otherEncoding(bytes, invalid ?? 0);
  return other && `${other.what}; ${other.todo}`;
}
