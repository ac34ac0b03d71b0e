import type { WaitingReason } from "../../../peer/types.ts";
import { jsonResponse, type Routes, type WebParts } from "../exchange.ts";
import { numberIn } from "./messages.ts";

/**
 * Makes `GET /api/outbox?before=ROW&limit=N`: a page of what waits, newest first, each with why it waits: with `code` if
 * its recipient cannot take it now.
 */
export function outboxRoutes({ history, service }: Pick<WebParts, "history" | "service">): Routes {
  return {
    "GET /api/outbox": async ({ url: { searchParams: query }, ended }) => {
      const params = { before: numberIn(query, "before"), limit: numberIn(query, "limit") };
      const { messages, next } = await history.ask("outbox", params, ended);
      const ids = messages.map(({ id }) => id);
      const to = messages.map(({ peer }) => peer.id);
      // The list is worth showing without the reasons, if the peer is away.
      const reasons = ids.length === 0
        ? []
        : await service.whyWaiting(ids, to).catch((): WaitingReason[] => []);
      return jsonResponse({ messages: messages.map((message, i) => ({ ...message, ...reasons[i] })), next });
    },
  };
}
