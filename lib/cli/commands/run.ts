import { PLAIN_OPTIONS } from "../../config/options.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Command, expectArgs } from "../command.ts";
import { withFullPeer } from "../profile/with_peer.ts";
import { eventPrinter } from "../terminal/events.ts";

/** `earshot run`: stays up without a prompt. */
export const run: Command = {
  name: "run",
  usage: "",
  summary: "stay up without a prompt; one line per event",
  details: "Ctrl-C or SIGTERM ends it, with exit code 0.",
  options: [...PLAIN_OPTIONS, "untilEof"],
  async run(context) {
    expectArgs(context, 0);
    await withFullPeer(context, ({ peer }, ended) => {
      peer.on(eventPrinter(context, peer.known()));
      return context.config.untilEof ? Promise.race([ended, endOfInput()]) : ended;
    });
    return ExitCode.done;
  },
};

/** Resolves when standard input ends: whoever has the other end has ended, even if it was killed. */
async function endOfInput(): Promise<void> {
  try {
    for await (const _ of Deno.stdin.readable);
  } catch { /* the same as its end */ }
}
