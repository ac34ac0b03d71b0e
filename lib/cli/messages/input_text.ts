import { ExitCode, UserError } from "../../platform/user_error.ts";
import { CHAT_MAX } from "../../protocol/limits.ts";
import { invalidUtf8At, otherEncoding } from "../../protocol/text_encoding.ts";
import type { Context } from "../command.ts";
import { reading, readUpTo, remarkKeyboard, type Source } from "./input.ts";

/** A message with a byte-order mark before it and the end of its line behind it, bytes. */
const INPUT_MAX = CHAT_MAX + 5;
const TOO_LONG = `is longer than the ${CHAT_MAX} bytes of a chat message: send it as a document`;

/**
 * What standard input holds as the text of one message, without the end of its last line.
 *
 * @throws {UserError} exit code 2 where it is too long, or not UTF-8
 */
export async function readText(context: Context, input: Source = Deno.stdin): Promise<string> {
  remarkKeyboard(context);
  const source = "standard input";
  const bytes = await readUpTo(reading(source, input, context.interrupted), INPUT_MAX + 1);
  const wrong = bytes.length > INPUT_MAX ? TOO_LONG : notUtf8(bytes);
  if (wrong !== undefined) throw new UserError(`${source} ${wrong}.`, ExitCode.usage);
  const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  if (new TextEncoder().encode(text).length <= CHAT_MAX) return text;
  throw new UserError(`${source} ${TOO_LONG}.`, ExitCode.usage);
}

/** What some text is instead of UTF-8, and what to do, as the end of a sentence; undefined for UTF-8. */
export function notUtf8(bytes: Uint8Array): string | undefined {
  const invalid = invalidUtf8At(bytes);
  if (invalid === undefined && !bytes.includes(0)) return undefined;
  const other = otherEncoding(bytes, invalid ?? 0);
  return other && `${other.what}; ${other.todo}`;
}
