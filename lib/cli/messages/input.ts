import { meaningOf } from "../../platform/trouble.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, Interrupted, remark } from "../command.ts";
import { aborted } from "../waiting.ts";

/** Where bytes can be read from. */
export type Source = Pick<Deno.FsFile, "read">;

/** Reads into a buffer; 0 at the end. */
export type Read = (into: Uint8Array) => Promise<number>;

/** What is read at a time, bytes. */
export const PIECE = 256 * 1024;

/**
 * Reads a source piece by piece.
 *
 * @param source what messages call it
 * @throws {UserError} where it cannot be read
 * @throws {Interrupted} where the user does not wait for it
 */
export function reading(source: string, input: Source, interrupted?: AbortSignal): Read {
  const stopped = interrupted && aborted(interrupted).then(() => Promise.reject(new Interrupted()));
  stopped?.catch(() => {/* for whoever reads */});
  return async (into) => {
    try {
      const read = input.read(into);
      return await (stopped ? Promise.race([stopped, read]) : read) ?? 0;
    } catch (error) {
      throw error instanceof Interrupted ? error : unreadable(source, error);
    }
  };
}

/** Reads up to the end, or `most` bytes. */
export async function readUpTo(read: Read, most: number): Promise<Uint8Array> {
  let buffer = new Uint8Array(Math.min(PIECE, most));
  let length = 0;
  for (let count; length < most && (count = await read(buffer.subarray(length))) > 0;) {
    length += count;
    if (length < buffer.length || length === most) continue;
    const larger = new Uint8Array(Math.min(2 * buffer.length, most));
    larger.set(buffer);
    buffer = larger;
  }
  return buffer.subarray(0, length);
}

/** That something cannot be read, and why. */
export function unreadable(source: string, error: unknown): UserError {
  const why = error instanceof Deno.errors.NotCapable
    ? "special files of the system are not opened (- is standard input)"
    : meaningOf(error);
  return new UserError(`${source} cannot be read: ${why}.`, ExitCode.usage, { cause: error });
}

/** Whether a path is the standard input of this process. */
export function isStandardInput(path: string): boolean {
  return /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(path);
}

/** Tells, where standard input is a keyboard, that it is waited for, and how it ends. */
export function remarkKeyboard(context: Context): void {
  if (!Deno.stdin.isTerminal()) return;
  const end = Deno.build.os === "windows" ? "Ctrl-Z and Enter" : "Ctrl-D";
  remark(context, `Reading from the keyboard: ${end} on a line of its own ends it, Ctrl-C gives up.`);
}
