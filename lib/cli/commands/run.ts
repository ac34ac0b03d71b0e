import { ExitCode } from "../../platform/user_error.ts";
import { type Command, expectArgs } from "../command.ts";
import { eventPrinter } from "../terminal/events.ts";
import { aborted, within } from "../waiting.ts";
import { CLOSING_MAX, startFullPeer } from "../profile/with_peer.ts";

/** `earshot run`: stay up without a prompt. */
export const run: Command = {
  name: "run",
  usage: "",
  summary: "stay up without a prompt; one line per event",
  details: "Ctrl-C or SIGTERM ends it, with exit code 0.",
  options: [],
  async run(context) {
    expectArgs(context, 0);
    const { peer, close } = await startFullPeer(context);
    peer.on(eventPrinter(context, peer.known()));
    await Promise.race([aborted(context.interrupted), aborted(context.out.closed)]);
    await within(close(), CLOSING_MAX);
    return ExitCode.done;
  },
};
