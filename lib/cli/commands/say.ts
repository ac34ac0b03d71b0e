import { isEveryone } from "../../protocol/label.ts";
import { ulid } from "../../platform/std_ulid.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { CHAT_MAX } from "../../protocol/limits.ts";
import { type Context, expectArgs, jsonLine } from "../command.ts";
import { unlessNobody } from "../messages/find_peer.ts";
import { Input, notUtf8, remarkKeyboard } from "../messages/input.ts";
import { everyone, findRecipients, TIMEOUT } from "../messages/recipients.ts";
import { exitCodeOf, resultText } from "../messages/results.ts";
import { tellWaiting, whoWaits } from "../messages/waiting_messages.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { withPeer } from "../profile/with_peer.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { nameList, NOBODY } from "../terminal/text.ts";

/** `earshot say`: sends a chat message, to everyone or to some. */
export async function run(context: Context): Promise<ExitCode> {
  const { out, err, config, interrupted } = context;
  const words = expectArgs(context, 1, Infinity);
  const isInput = words.length === 1 && words[0] === "-";
  const text = isInput ? await readText(context) : words.join(" ");
  if (text.trim() === "") {
    throw new UserError("There is nothing to say: the text is empty.", ExitCode.usage);
  }
  const timeout = config.timeout ?? TIMEOUT;
  return await withPeer(context, async (service) => {
    const waiting = whoWaits(service);
    const targets = config.to?.some(isEveryone) ? undefined : config.to;
    const remembered = () => rememberedPeers(context);
    const recipients = targets && await findRecipients(service, targets, timeout, false, remembered);
    // Even if no peer is there, programs at the plain gateway hear it.
    let nobody = NOBODY;
    if (recipients === undefined) {
      await everyone(service).catch((error) => {
        unlessNobody(error);
        nobody = error.message;
      });
    }
    const id = ulid();
    const said = await service.say(text, { to: recipients?.ids, timeout, id });
    if (said.length === 0) throw new UserError(nobody, ExitCode.nobody);
    const results = recipients?.results(said, id) ?? said;
    await recipients?.noteMet(service, results);
    if (config.json) { for (const result of results) out.line(jsonLine(result)); }
    else {
      const names = new ScreenNames(results.map(({ to }) => to));
      const heard = results.filter((result) => result.status === "delivered").map((result) => result.to);
      if (heard.length > 0) out.line(`Said to ${nameList(heard)}.`);
      for (const result of results) {
        if (result.status === "delivered") continue;
        err.line(`earshot: ${resultText("the message", result, interrupted.aborted, names.text)}`);
      }
    }
    await tellWaiting(context, service, results, waiting);
    return exitCodeOf(results);
  });
}

/** Longest input: a message with a byte-order mark and a line end, bytes. */
const INPUT_MAX = CHAT_MAX + 5;
const TOO_LONG = `is longer than the ${CHAT_MAX} bytes of a chat message: send it as a document`;

/**
 * Reads the text of one message from standard input, without the end of its last line.
 *
 * @throws {UserError} exit code 2 if it is too long, or not UTF-8
 */
async function readText(context: Context): Promise<string> {
  remarkKeyboard(context);
  using input = await Input.open("-", Deno.stdin, context.interrupted);
  const bytes = await input.readUpTo(INPUT_MAX + 1);
  const fault = (what: string) => new UserError(`${input.name} ${what}.`, ExitCode.usage);
  if (bytes.length > INPUT_MAX) throw fault(TOO_LONG);
  const wrong = notUtf8(bytes);
  if (wrong !== undefined) throw fault(wrong);
  const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  if (new TextEncoder().encode(text).length > CHAT_MAX) throw fault(TOO_LONG);
  return text;
}
