import { bold, cyan, dim, green, red, yellow } from "../../platform/std_colors.ts";
import type { PeerEvent, PeerRef, PlainSender } from "../../peer/types.ts";
import { printable } from "../../protocol/label.ts";
import { type Context, jsonLine } from "../command.ts";
import { ScreenNames } from "./screen_names.ts";
import {
  indented,
  type NameText,
  oneLine,
  peerText,
  plainName,
  refusal,
  sizeText,
  UNPROVEN,
} from "./text.ts";

/** Formats an event for people; further lines of a chat message are indented. @param nameText see `ScreenNames` */
export function eventText(event: PeerEvent, nameText: NameText = plainName): string {
  switch (event.event) {
    case "ready":
      return `${peerText(event)} is ready in group ${bold(event.group)}, TCP port ${event.port}; ` +
        `documents arrive in ${event.inbox}`;
    case "peer":
      return peerEventText(event);
    case "chat":
      return `${senderText(event.from, nameText)}${event.to === "you" ? dim(" to you") : ""}: ${
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
      return dim(`${nameText(event.to)} has ${event.id}`);
    case "refused":
      return `${red("!")} ${peerText(event.to)} refused ${event.id}: ${refusal(event)}`;
    case "warning":
      return `${yellow("!")} ${printable(event.message)}`;
  }
}

/** Names a sender; one without a key is marked, because anybody may be at its address. */
function senderText(from: PeerRef | PlainSender, nameText: NameText): string {
  return from.id === undefined ? `${oneLine(from.name)} ${dim(UNPROVEN)}` : cyan(bold(nameText(from)));
}

function peerEventText(event: PeerEvent & { readonly event: "peer" }): string {
  const { state, id, was = "", kind, address, why } = event;
  switch (state) {
    case "up":
      return `${green("+")} ${peerText(event)} is here (${
        [oneLine(kind), address].filter(Boolean).join(", ")
      })`;
    case "unreachable":
      return `${yellow("!")} ${peerText(event)} is unreachable: ${
        oneLine(why ?? "no session can be opened")
      }`;
    case "gone":
      return `${red("-")} ${peerText(event)} is gone${why ? `: ${oneLine(why)}` : ""}`;
    case "renamed":
      return `${yellow("*")} ${peerText({ id, name: was })} is now called ${bold(oneLine(event.name))}`;
  }
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
    out.line(config.json ? jsonLine(event) : eventText(event, names.text).replaceAll(/\n\s*/g, " | "));
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
