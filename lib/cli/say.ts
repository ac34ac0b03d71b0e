import { ulid } from "@std/ulid";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { type Command, expectArgs, jsonLine } from "./command.ts";
import { everyone, findRecipients, missed, noteMet, TIMEOUT } from "./recipients.ts";
import { exitCodeOf, interruptedText, resultText } from "./results.ts";
import { nameList, NOBODY } from "./text.ts";
import { withPeer } from "./with_peer.ts";

/** `earshot say`: a line of chat, to everyone or to some. */
export const say: Command = {
  name: "say",
  usage: "TEXT",
  summary: "say something, to everyone unless --to names somebody",
  details: "Text that begins with a dash goes after `--`.",
  options: ["to", "timeout"],
  async run(context) {
    const { out, err, config } = context;
    const text = expectArgs(context, 1, Infinity).join(" ");
    if (text.trim() === "") {
      throw new UserError("There is nothing to say: the text is empty.", ExitCode.usage);
    }
    const timeout = config.timeout ?? TIMEOUT;
    return await withPeer(context, async (service) => {
      const targets = config.to?.includes("all") ? undefined : config.to;
      const recipients = targets && await findRecipients(service, targets, timeout, false);
      if (recipients === undefined) await everyone(service);
      const to = recipients?.peers.map((peer) => peer.id);
      const id = ulid();
      const results = await service.say(text, { to, timeout, id });
      if (results.length === 0) throw new UserError(NOBODY, ExitCode.nobody);
      if (recipients !== undefined) {
        await noteMet(service, recipients, results);
        results.push(...missed(recipients, id));
      }
      if (config.json) { for (const result of results) out.line(jsonLine(result)); }
      else {
        const heard = results.filter((result) => result.status === "delivered").map((result) => result.to);
        if (heard.length > 0) out.line(`Said to ${nameList(heard)}.`);
        for (const result of results) {
          if (result.status === "delivered") continue;
          const text = context.interrupted.aborted ? interruptedText : resultText;
          err.line(`earshot: ${text("the message", result)}`);
        }
      }
      return exitCodeOf(results);
    });
  },
};
