import type { PeerEvent, PeerRef } from "../../peer/types.ts";
import { printable } from "../../protocol/label.ts";
import { type Context, jsonLine } from "../command.ts";
import { ScreenNames } from "./screen_names.ts";
import {
  clockText,
  indented,
  type NameText,
  oneLine,
  peerText,
  plainName,
  refusedText,
  senderText,
  sizeText,
} from "./text.ts";
import { SIGN, theme } from "./theme.ts";

/** Formats an event for people; further lines of a chat message are indented. @param nameText see `ScreenNames` */
export function eventText(event: PeerEvent, nameText: NameText = plainName): string {
  switch (event.event) {
    case "ready":
      return `${peerText(event)} is ready in group ${theme.strong(event.group)}, TCP port ${event.port}; ` +
        `documents arrive in ${event.inbox}`;
    case "peer":
      return peerEventText(event);
    case "chat":
      return `${senderText(event.from, nameText)}${event.to === "you" ? theme.faint(" to you") : ""}: ${
        indented(event.text)
      }`;
    case "ask":
      return `${senderText(event.from, nameText)} asks ${oneLine(event.name)} ` +
        `(${sizeText(event.size)}): ${printable(event.path)}`;
    case "document":
      if (event.re !== undefined) {
        const what = event.code === undefined ? "answered" : `gave no answer (${oneLine(event.code)})`;
        return `${senderText(event.from, nameText)} ${what}: ${printable(event.path)}`;
      }
      return `${senderText(event.from, nameText)} sent ${oneLine(event.name)} ` +
        `(${sizeText(event.size)}): ${printable(event.path)}`;
    case "delivered":
      return theme.faint(`${nameText(event.to)} has ${event.id}`);
    case "refused":
      return `${theme.bad(SIGN.trouble)} ${refusedText(peerText(event.to), event.id, event)}`;
    case "withdrawn":
      return theme.faint(
        `${event.id} to ${nameText(event.to)} was withdrawn${
          event.why === undefined ? "" : `; ${oneLine(event.why)}`
        }`,
      );
    case "warning":
      return `${theme.caution(SIGN.trouble)} ${printable(event.message)}`;
  }
}

function peerEventText(event: PeerEvent & { readonly event: "peer" }): string {
  const { state, id, was = "", kind, address, why } = event;
  switch (state) {
    case "up":
      return `${theme.good(SIGN.came)} ${peerText(event)} is here (${
        [oneLine(kind), address].filter(Boolean).join(", ")
      })`;
    case "unreachable":
      return `${theme.caution(SIGN.trouble)} ${peerText(event)} is unreachable: ${
        oneLine(why ?? "no session can be opened")
      }`;
    case "gone":
      return `${theme.bad(SIGN.left)} ${peerText(event)} is gone${why ? `: ${oneLine(why)}` : ""}`;
    case "renamed":
      return `${theme.caution(SIGN.renamed)} ${peerText({ id, name: was })} is now called ${
        theme.name(id, oneLine(event.name))
      }`;
  }
}

/** Begins a line with its time, if that is wanted. */
function timed(text: string, at: number, times = false): string {
  return times ? `${theme.faint(clockText(at))} ${text}` : text;
}

/**
 * Prints each event on one line. Lines that a slow reader misses are counted, and the number is printed when it reads
 * again.
 *
 * @param known peers whose names other peers' names must be told apart from, present or not
 * @param isOwnTold true if another place reports the outcome of our own messages: then they are printed as JSON only
 */
export function eventPrinter(
  { config, out }: Context,
  known: Iterable<PeerRef>,
  isOwnTold = false,
): (event: PeerEvent) => void {
  const names = new ScreenNames(known);
  const print = (event: PeerEvent) =>
    out.line(
      config.json
        ? jsonLine(event)
        : timed(eventText(event, names.text).replaceAll(/\n\s*/g, " | "), event.at, config.times),
    );
  return (event) => {
    const isOwn = event.event === "delivered" || event.event === "refused";
    if (isOwn && isOwnTold && !config.json) return;
    names.seeIn(event);
    print(event);
    const missed = out.takeDropped();
    if (missed === 0) return;
    const message = `${missed} events were not printed: the reader of the output is too slow.`;
    print({ event: "warning", code: "output-slow", message, at: Date.now() });
  };
}
