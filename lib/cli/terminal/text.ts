import { bold, dim } from "@std/fmt/colors";
import { format } from "@std/fmt/bytes";
import { shortId } from "../../identity/node_id.ts";
import type { PeerRef } from "../../peer/types.ts";
import { drawnCharacters } from "./columns.ts";
import { printable } from "../../protocol/label.ts";

/** Remark for everybody who finds nobody. */
export const NOBODY = "Nobody yet. Is Earshot running there, in the same group, UDP and TCP 3333 allowed?";

/** Characters of a line by which its author knows it again. */
const QUOTED_MAX = 40;

/** Text from the network on one line. */
export function oneLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]+/g, " ");
}

/** Text from the network, its further lines indented so that none looks like somebody else's. */
export function indented(text: string): string {
  return printable(text).replaceAll("\n", "\n    ");
}

/** The beginning of what somebody typed, as a sentence names it. */
export function quoted(text: string): string {
  const characters = drawnCharacters(oneLine(text.trim()));
  const isLong = characters.length > QUOTED_MAX;
  return `"${isLong ? `${characters.slice(0, QUOTED_MAX).join("")}…` : characters.join("")}"`;
}

/** A peer as people name it: label and the beginning of its id. */
export function peerText({ name, id }: PeerRef): string {
  return `${bold(oneLine(name))} ${dim(`(${shortId(id)})`)}`;
}

/** Names, as in a sentence. */
export function nameList(peers: readonly PeerRef[]): string {
  return peers.map((peer) => `${oneLine(peer.name)} (${shortId(peer.id)})`).join(", ");
}

/** A size for people. */
export function sizeText(bytes: number): string {
  return format(bytes, { binary: true, maximumFractionDigits: 1 });
}

/** Writes the name of a peer for people. */
export type NameText = (peer: PeerRef) => string;

/** The name alone. */
export const plainName: NameText = ({ name }) => oneLine(name);

/** Code and reason of a refusal, without a full stop. */
export function refusal({ code, why }: { readonly code?: string; readonly why?: string }): string {
  const parts = [code, why].filter((part) => part).map((part) => oneLine(part!));
  return parts.join(": ").replace(/\.$/, "") || "no reason given";
}

/** How long ago, for people. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}

/** Day and minute, as the clock on the wall shows them. */
export function timeText(at: number): string {
  const date = new Date(at);
  const [month, day, hour, minute] = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()]
    .map((number) => `${number}`.padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day} ${hour}:${minute}`;
}
