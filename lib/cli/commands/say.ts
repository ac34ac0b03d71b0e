import { ulid } from "@std/ulid";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Command, expectArgs, jsonLine } from "../command.ts";
import { readText } from "../messages/input_text.ts";
import {
  everyone,
  findRecipients,
  isEveryone,
  missed,
  named,
  noteMet,
  TIMEOUT,
} from "../messages/recipients.ts";
import { exitCodeOf, interruptedText, resultText } from "../messages/results.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { nameList, NOBODY } from "../terminal/text.ts";
import { tellWaiting } from "../messages/waiting_messages.ts";
import { withPeer } from "../profile/with_peer.ts";

/** `earshot say`: a line of chat, to everyone or to some. */
export const say: Command = {
  name: "say",
  usage: "TEXT|-",
  summary: "say something, to everyone unless --to names somebody",
  details:
    "`-` says what standard input holds, as one message. Text that begins with a dash goes after `--`.",
  options: ["to", "timeout"],
  async run(context) {
    const { out, err, config } = context;
    const words = expectArgs(context, 1, Infinity);
    const isInput = words.length === 1 && words[0] === "-";
    const text = isInput ? await readText(context) : words.join(" ");
    if (text.trim() === "") {
      throw new UserError("There is nothing to say: the text is empty.", ExitCode.usage);
    }
    const timeout = config.timeout ?? TIMEOUT;
    return await withPeer(context, async (service) => {
      const targets = config.to?.some(isEveryone) ? undefined : config.to;
      const remembered = () => rememberedPeers(context);
      const recipients = targets && await findRecipients(service, targets, timeout, false, remembered);
      if (recipients === undefined) await everyone(service);
      const to = recipients?.peers.map((peer) => peer.id);
      const id = ulid();
      const said = await service.say(text, { to, timeout, id });
      const results = recipients ? named(recipients, said) : said;
      if (results.length === 0) throw new UserError(NOBODY, ExitCode.nobody);
      if (recipients !== undefined) {
        await noteMet(service, recipients, results);
        results.push(...missed(recipients, id));
      }
      if (config.json) { for (const result of results) out.line(jsonLine(result)); }
      else {
        const { text } = new ScreenNames(results.map(({ to }) => to));
        const heard = results.filter((result) => result.status === "delivered").map((result) => result.to);
        if (heard.length > 0) out.line(`Said to ${nameList(heard)}.`);
        for (const result of results) {
          if (result.status === "delivered") continue;
          const sentence = context.interrupted.aborted ? interruptedText : resultText;
          err.line(`earshot: ${sentence("the message", result, text)}`);
        }
      }
      await tellWaiting(context, service, { recipients: results.map(({ to }) => to.id), except: [id] });
      return exitCodeOf(results);
    });
  },
};
