import { ulid } from "@std/ulid";
import type { Service } from "../control/service.ts";
import { UserError } from "../platform/user_error.ts";
import { CHAT_MAX } from "../protocol/limits.ts";
import { type Context, remark } from "./command.ts";
import { interruptedText, resultText } from "./results.ts";
import { NOBODY, quoted } from "./text.ts";

/** Says every line of `input` to everyone, one after another, until its end. Empty lines are left out. */
export async function sayLines(
  context: Context,
  service: Pick<Service, "everyone" | "say">,
  input: ReadableStream<Uint8Array>,
): Promise<void> {
  for await (const line of lines(input)) {
    if (line.trim() === "") continue;
    try {
      if (line.length > CHAT_MAX) throw new UserError(`A line over ${CHAT_MAX} bytes was not said.`);
      await service.everyone();
      const results = await service.say(line, { id: ulid() });
      if (results.length === 0) remark(context, NOBODY);
      for (const result of results) {
        if (result.status === "delivered") continue;
        const text = context.interrupted.aborted ? interruptedText : resultText;
        remark(context, text(quoted(line), result));
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.err.line(`earshot: ${error.message}`);
    }
  }
}

/** Lines without their ends; of a longer line than can be said only the beginning is kept, one character too many. */
async function* lines(input: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line = "";
  for await (const chunk of input) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [index, part] of parts.entries()) {
      if (index > 0) {
        yield line.replace(/\r$/, "");
        line = "";
      }
      line = (line + part).slice(0, CHAT_MAX + 2);
    }
  }
  if (line !== "") yield line;
}
