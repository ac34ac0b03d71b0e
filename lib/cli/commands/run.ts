import type { PeerEvent, PeerRef } from "../../peer/types.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Command, type Context, expectArgs, jsonLine } from "../command.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { eventText } from "../terminal/text.ts";
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

/**
 * Prints each event on one line. What a reader that stands still has missed is counted, and told when it reads again.
 *
 * @param known whose names are told apart from those of others, whether they are there or not
 */
export function eventPrinter(
  { config, out }: Context,
  known: Iterable<PeerRef>,
): (event: PeerEvent) => void {
  const names = new ScreenNames(known);
  const print = (event: PeerEvent) =>
    out.line(config.json ? jsonLine(event) : eventText(event, names.text).replaceAll(/\n\s*/g, " | "));
  return (event) => {
    names.seeIn(event);
    print(event);
    const missed = out.takeDropped();
    if (missed === 0) return;
    const message = `${missed} events were not printed: whoever reads them is too slow.`;
    print({ event: "warning", code: "output-slow", message, at: Date.now() });
  };
}
