import { ExitCode, UserError } from "../../platform/user_error.ts";
import { INLINE_DOCUMENT_MAX } from "../../protocol/limits.ts";
import { type Context, remark } from "../command.ts";
import { readDocument, toJson } from "./document.ts";
import { isStandardInput, remarkKeyboard } from "./input.ts";

/**
 * Returns the JSON of a question: typed as an argument, or from standard input for `-`. Comments and trailing commas are
 * removed.
 *
 * @throws {UserError} exit code 2 if it is not JSON, or has over 65 000 bytes
 * @throws {Interrupted}
 */
export async function readQuestion(context: Context, given: string): Promise<string> {
  const decoder = new TextDecoder();
  if (!isStandardInput(given)) {
    const json = toJson("The question", new TextEncoder().encode(given));
    if (json.length > INLINE_DOCUMENT_MAX) throw tooLarge();
    return decoder.decode(json);
  }
  remarkKeyboard(context);
  const options = { name: "ask.json", interrupted: context.interrupted };
  const document = await readDocument("-", () => Promise.reject(tooLarge()), Deno.stdin, options);
  for (const text of document.remarks) remark(context, text);
  if (document.content instanceof Uint8Array) return decoder.decode(document.content);
  throw tooLarge();
}

function tooLarge(): UserError {
  return new UserError(`A question has at most ${INLINE_DOCUMENT_MAX} bytes.`, ExitCode.usage);
}
