import type { PeerEvent, PeerRef } from "../../peer/types.ts";
import { type Context, jsonLine } from "../command.ts";
import { ScreenNames } from "./screen_names.ts";
import { eventText } from "./text.ts";

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
