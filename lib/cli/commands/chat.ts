import { PLAIN_OPTIONS } from "../../config/options.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { Conversation } from "../chat/conversation.ts";
import { sayLines } from "../chat/say_lines.ts";
import { type Command, expectArgs } from "../command.ts";
import { withFullPeer } from "../profile/with_peer.ts";
import { eventPrinter } from "../terminal/events.ts";

/** `earshot`: chats in this terminal. */
export const chat: Command = {
  name: "",
  usage: "",
  summary: "chat here: peers appear, a typed line goes to everyone",
  details:
    "If stdin is not a terminal, each line is sent as a message, and the peer stays up after the end of the input.\n" +
    "Ctrl-C, Ctrl-D, /quit or SIGTERM ends it, with exit code 0.",
  options: PLAIN_OPTIONS,
  async run(context) {
    expectArgs(context, 0);
    const { config, out } = context;
    await withFullPeer(context, async (full, ended) => {
      if (Deno.stdin.isTerminal() && out.isTerminal && !config.json) {
        return await new Conversation(full, out).run(ended);
      }
      full.peer.on(eventPrinter(context, full.peer.known(), true));
      void sayLines(context, full.service, Deno.stdin.readable);
      await ended;
    });
    return ExitCode.done;
  },
};
