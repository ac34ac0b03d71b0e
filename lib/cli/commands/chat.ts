import { ExitCode } from "../../platform/user_error.ts";
import { Conversation } from "../chat/conversation.ts";
import { sayLines } from "../chat/say_lines.ts";
import { type Context, expectArgs } from "../command.ts";
import { withFullPeer } from "../profile/with_peer.ts";
import { eventPrinter } from "../terminal/events.ts";

/** `earshot`: chats in this terminal. */
export async function run(context: Context): Promise<ExitCode> {
  expectArgs(context, 0);
  const { config, out } = context;
  await withFullPeer(context, async (full, ended) => {
    const isTyped = Deno.stdin.isTerminal();
    if (isTyped && out.isTerminal && !config.json) {
      return await new Conversation(full, out, config.times).run(ended);
    }
    full.peer.on(eventPrinter(context, full.peer.known(), true));
    const said = sayLines(context, full.service, Deno.stdin.readable, isTyped);
    await (isTyped ? Promise.race([said, ended]) : ended);
  });
  return ExitCode.done;
}
