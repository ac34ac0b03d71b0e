import type { PeerEvent } from "../../../peer/types.ts";
import { EventLines } from "../event_lines.ts";
import { ndjson, type Routes, WebError, type WebParts } from "../exchange.ts";

/** Pause before the service is asked again for events, milliseconds. */
const AGAIN_MS = 1_000;

/** Most readers at one time: fewer than connections, so that calls still get through. */
export const READERS_MAX = 48;

/** Dependencies of the route for events. */
export type EventParts = Pick<WebParts, "service" | "history" | "clock">;

/** `GET /api/events` for any number of tabs, from one subscription to the peer. */
export interface Events {
  readonly routes: Routes;
  /** Ends every stream. */
  close(): void;
}

/** Subscribes to the peer, again whenever it has left, and passes its events to every reader. */
export function openEvents({ service, history, clock }: EventParts): Events {
  const readers = new Set<EventLines>();
  const stop = new AbortController();
  let unsubscribe = () => {};
  let isAway = false;
  const tell = (line: unknown) => {
    for (const reader of readers) reader.add(line);
  };
  const mark = (away: boolean) => {
    if (isAway !== away) tell({ peer: away ? "away" : "back" });
    isAway = away;
  };
  const subscribe = async (): Promise<void> => {
    try {
      // It may have been started anew with another inbox.
      if (isAway) history.moveTo((await service.status()).inbox);
      const end = await service.subscribe((event: PeerEvent) => tell(event), () => {
        mark(true);
        if (!stop.signal.aborted) void subscribe();
      });
      if (stop.signal.aborted) return end();
      unsubscribe = end;
      mark(false);
    } catch {
      if (stop.signal.aborted) return;
      mark(true);
      clock.after(AGAIN_MS, () => void (stop.signal.aborted || subscribe()));
    }
  };
  void subscribe();
  return {
    routes: {
      "GET /api/events": async ({ ended }) => {
        if (readers.size >= READERS_MAX) throw new WebError(503, "Too many tabs show this page: close some.");
        const lines = new EventLines(clock, () => readers.delete(lines));
        readers.add(lines);
        ended.addEventListener("abort", () => lines.close());
        if (ended.aborted || stop.signal.aborted) lines.close();
        if (isAway) lines.add({ peer: "away" });
        // What happens meanwhile is told as well: nothing falls in between.
        const { row, sent } = await history.ask("lastRows", {}).catch((error) => {
          lines.close();
          throw error;
        });
        lines.addFirst({ hello: { row, sent } });
        return ndjson(lines.stream);
      },
    },
    close() {
      stop.abort();
      unsubscribe();
      for (const reader of [...readers]) reader.close();
    },
  };
}
