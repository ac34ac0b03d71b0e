import type { Service } from "../../control/service.ts";
import { aborted, type Context, pause } from "../command.ts";
import { LiveLines } from "../terminal/live_lines.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { Tty } from "../terminal/tty.ts";
import { PeerTable } from "./peer_table.ts";
import { SeenReadings } from "./seen_readings.ts";

/** Longest and shortest time between two looks, milliseconds: a short-lived peer sends no events. */
const EVERY = 1_000;
const PAUSE = 100;

/**
 * Shows the peers as a table that stays up to date, until the user ends it.
 *
 * @param listens how long our peer listens after its start for those who are there, milliseconds, by how many are found
 */
export async function watchLive(
  { out, err, interrupted }: Context,
  service: Service,
  listens: (found: number) => number,
): Promise<void> {
  const { state, inbox, uptime } = await service.status();
  const started = Date.now() - uptime;
  const names = new ScreenNames();
  const table = new PeerTable(names.text);
  const readings = new SeenReadings(state, inbox);
  const tty = new Tty((text) => out.raw(text), () => out.flush());
  const live = new LiveLines(out, tty);
  const over = new AbortController();
  for (const end of [aborted(interrupted), aborted(out.closed)]) void end.then(() => over.abort());
  if (Deno.stdin.isTerminal()) {
    tty.open({
      input: (bytes) => {
        // q, Ctrl-C and Ctrl-D.
        if ([0x71, 0x03, 0x04].some((key) => bytes.includes(key))) over.abort();
      },
      ended: () => {},
      resized: () => live.draw(),
      resumed: () => live.restart(),
      leaving: () => {},
      unstoppable: () => {},
    });
  }
  // A warning in between would displace the table, which would then be drawn over it.
  if (err.isTerminal) err.printer = (text) => live.print(text);
  try {
    let isSubscribed = false;
    let look = () => {};
    while (!over.signal.aborted) {
      if (!isSubscribed) {
        isSubscribed = true;
        await service.subscribe(() => look(), () => isSubscribed = false);
      }
      const peers = await service.peers();
      for (const peer of peers) names.see(peer);
      const now = Date.now();
      const isListening = now < started + listens(peers.length);
      if (!over.signal.aborted) live.draw(table.lines(peers, readings.look(), now, isListening));
      await pause(PAUSE, over.signal);
      const changed = Promise.withResolvers<void>();
      look = changed.resolve;
      await pause(EVERY - PAUSE, over.signal, changed);
    }
  } finally {
    err.printer = undefined;
    tty.close();
  }
}
