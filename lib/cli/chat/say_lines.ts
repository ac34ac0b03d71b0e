import { ulid } from "../../platform/std_ulid.ts";
import type { Service } from "../../control/service.ts";
import { UserError } from "../../platform/user_error.ts";
import { CHAT_MAX } from "../../protocol/limits.ts";
import { type Context, remark } from "../command.ts";
import { notUtf8 } from "../messages/input.ts";
import { resultText } from "../messages/results.ts";
import { NOBODY, oneLine, quoted } from "../terminal/text.ts";
import { CHAT_COMMANDS, parseChatLine } from "./chat_line.ts";

/**
 * Sends every line of `input` to all peers, one after another. Empty lines are skipped. Resolves at the end of the input.
 *
 * @param isTyped true if a person types: then a line that begins with `/` is a command of the chat, of which `/quit`
 *   alone can be obeyed here
 */
export async function sayLines(
  context: Context,
  service: Pick<Service, "everyone" | "say">,
  input: ReadableStream<Uint8Array>,
  isTyped = false,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const bytes of lines(input)) {
    let line = decoder.decode(bytes);
    if (line.trim() === "") continue;
    if (isTyped) {
      const typed = parseChatLine(line, []);
      if (typed.kind === "quit") return;
      if (typed.kind !== "say") {
        const [command] = line.trim().split(/\s/);
        const why = `${oneLine(command!)} needs a terminal for the output, and no --json.`;
        const isUnknown = typed.kind === "wrong" && !CHAT_COMMANDS.some(([name]) => name === command);
        context.err.line(`earshot: ${isUnknown ? typed.why : why} Nothing was sent.`);
        continue;
      }
      line = typed.text;
    }
    try {
      if (bytes.length > CHAT_MAX) throw new UserError(`A line over ${CHAT_MAX} bytes was not sent.`);
      const wrong = notUtf8(bytes);
      if (wrong !== undefined) {
        context.err.line(`earshot: A line was not sent: it ${wrong}.`);
        // UTF-16 or UTF-32: the rest is too, so that its line ends are not where these bytes suggest.
        if (bytes.includes(0)) return;
        continue;
      }
      await service.everyone();
      const results = await service.say(line, { id: ulid() });
      if (results.length === 0) remark(context, NOBODY);
      for (const result of results) {
        if (result.status === "delivered") continue;
        remark(context, resultText(quoted(line), result, context.interrupted.aborted));
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.err.line(`earshot: ${error.message}`);
    }
  }
}

const NEWLINE = 10;

/**
 * Yields lines without their ends. Of a line that is too long to send, yields only a beginning, a few bytes over the
 * limit.
 */
async function* lines(input: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const line = new Uint8Array(CHAT_MAX + 2);
  let length = 0;
  const keep = (part: Uint8Array) => {
    const kept = part.subarray(0, line.length - length);
    line.set(kept, length);
    length += kept.length;
  };
  for await (let chunk of input) {
    for (let end; (end = chunk.indexOf(NEWLINE)) >= 0; chunk = chunk.subarray(end + 1)) {
      keep(chunk.subarray(0, end));
      if (line[length - 1] === 0x0d && length > 0) length--;
      yield line.slice(0, length);
      length = 0;
    }
    keep(chunk);
  }
  if (length > 0) yield line.slice(0, length);
}
