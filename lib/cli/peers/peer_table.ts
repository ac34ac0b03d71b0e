import type { PeerInfo } from "../../peer/types.ts";
import { agoText } from "../../platform/periods.ts";
import { table } from "../terminal/columns.ts";
import { clockText, type NameText, NOBODY, oneLine, placeText } from "../terminal/text.ts";
import { theme } from "../terminal/theme.ts";

/** The latest document that a peer put into a stream. */
export interface SeenReading {
  readonly stream: string;
  readonly text: string;
}

const HEAD = ["name", "kind", "address", "since", "heard", "state", "reading"];

/** Colours of states. */
const STATES = { up: theme.good, unreachable: theme.bad, gone: theme.faint } as const;

/** The table of `earshot peers --watch`: the peers, and since when each is in its state. */
export class PeerTable {
  readonly #nameText: NameText;
  readonly #since = new Map<string, { readonly state: PeerInfo["state"]; readonly text: string }>();
  #areFirst = true;

  constructor(nameText: NameText) {
    this.#nameText = nameText;
  }

  /**
   * Returns the lines of the table.
   *
   * @param now milliseconds since 1970
   * @param isListening true as long as those who were there before may still be found
   */
  lines(
    peers: readonly PeerInfo[],
    readings: ReadonlyMap<string, SeenReading>,
    now: number,
    isListening = false,
  ): string[] {
    for (const { id, state } of peers) {
      if (this.#since.get(id)?.state === state) continue;
      this.#since.set(id, { state, text: `${this.#areFirst ? "before " : ""}${clockText(now)}` });
    }
    this.#areFirst &&= isListening;
    const present = new Set(peers.map(({ id }) => id));
    for (const id of this.#since.keys()) if (!present.has(id)) this.#since.delete(id);
    if (peers.length === 0 && isListening) return [theme.faint("Listening for peers.")];
    // A line for each sentence: what does not fit a line is cut.
    if (peers.length === 0) return NOBODY.split(/(?<=[.?;]) /).map(theme.faint);
    const rows = peers.map((peer) => this.#row(peer, readings.get(peer.id), now));
    return table([HEAD.map(theme.faint), ...rows]);
  }

  #row(peer: PeerInfo, reading: SeenReading | undefined, now: number): string[] {
    return [
      theme.name(peer.id, this.#nameText(peer)),
      oneLine(peer.kind),
      placeText(peer),
      this.#since.get(peer.id)!.text,
      agoText(now - peer.lastSeen),
      STATES[peer.state](peer.state) + (peer.blocked ? theme.bad(", blocked") : "") +
      (peer.twins ? theme.caution(", two share this identity") : ""),
      reading === undefined ? "" : `${oneLine(reading.stream)}: ${reading.text}`,
    ];
  }
}
