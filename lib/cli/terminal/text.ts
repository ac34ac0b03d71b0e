import { shortId } from "../../identity/node_id.ts";
import type { PeerInfo, PeerRef, PlainSender } from "../../peer/types.ts";
import { drawnCharacters } from "./columns.ts";
import { printable } from "../../protocol/label.ts";
import { SIGN, theme } from "./theme.ts";

/** Remark for a user who finds no peers. */
export const NOBODY =
  "Nobody yet. Is Earshot running there, in the same group? `earshot doctor` looks for what is " +
  "wrong; a peer on another network is named by --peer HOST.";

/** Mark of a sender without a key. */
export const UNPROVEN = "(unauthenticated)";

/** Length to which a quoted line is cut, characters. */
const QUOTED_MAX = 40;

/** Puts text from the network on one line. */
export function oneLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]+/g, " ");
}

/** Indents further lines of a text from the network, so that none looks like another sender's. */
export function indented(text: string): string {
  return printable(text).replaceAll("\n", "\n    ");
}

/** Quotes the beginning of what the user typed. */
export function quoted(text: string): string {
  const characters = drawnCharacters(oneLine(text.trim()));
  const isLong = characters.length > QUOTED_MAX;
  return `"${isLong ? `${characters.slice(0, QUOTED_MAX).join("")}${SIGN.cut}` : characters.join("")}"`;
}

/** Names a peer for people: label and the beginning of its id. */
export function peerText({ name, id }: PeerRef): string {
  return `${theme.name(id, oneLine(name))} ${theme.faint(`(${shortId(id)})`)}`;
}

/** Shows where a peer is; of one that only ever dialled us, where it came from. */
export function placeText({ address, from }: Pick<PeerInfo, "address" | "from">): string {
  return address === "" && from !== undefined ? `${from} (it dialled)` : address;
}

/** Names a sender; one without a key is marked, because anybody may be at its address. */
export function senderText(from: PeerRef | PlainSender, nameText: NameText): string {
  const { id, name } = from;
  return id === undefined
    ? `${oneLine(name)} ${theme.faint(UNPROVEN)}`
    : theme.name(id, nameText({ id, name }));
}

/** Lists names for a sentence. */
export function nameList(peers: readonly PeerRef[]): string {
  return peers.map((peer) => `${oneLine(peer.name)} (${shortId(peer.id)})`).join(", ");
}

const UNITS = ["B", "kiB", "MiB", "GiB", "TiB"];
let sizes: Intl.NumberFormat | undefined;

/** Formats a size for people. */
export function sizeText(bytes: number): string {
  // To make one takes longer than to receive a document.
  sizes ??= new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
  let unit = 0;
  for (; bytes >= 1024 && unit < UNITS.length - 1; unit++) bytes /= 1024;
  return `${sizes.format(bytes)} ${UNITS[unit]}`;
}

/** Formats the name of a peer for people. */
export type NameText = (peer: PeerRef) => string;

/** Formats the name alone. */
export const plainName: NameText = ({ name }) => oneLine(name);

/** Joins code and reason of a refusal, without a full stop. */
export function refusal({ code, why }: { readonly code?: string; readonly why?: string }): string {
  const parts = [code, why].filter((part) => part).map((part) => oneLine(part!));
  return parts.join(": ").replace(/\.$/, "") || "no reason given";
}

/** Codes of refusals that do not come from the recipient: this peer gave the message up. */
const OWN_CODES = new Set<string | undefined>(["blocked", "id-in-use", "unreadable", "cannot"]);

/** Returns the sentence about a message that was refused for good, without its full stop. */
export function refusedText(
  to: string,
  what: string,
  { code, why }: { readonly code?: string; readonly why?: string },
): string {
  return OWN_CODES.has(code)
    ? `Gave up ${what} for ${to}: ${refusal({ why })}`
    : `${to} refused ${what}: ${refusal({ code, why })}`;
}

/** Formats a time as day and minute, local time. */
export function timeText(at: number): string {
  const date = new Date(at);
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((number) => `${number}`.padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day} ${clockText(at)}`;
}

/** Formats a time as hour and minute, local time. */
export function clockText(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes()].map((number) => `${number}`.padStart(2, "0")).join(":");
}
