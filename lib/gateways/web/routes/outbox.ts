import { jsonResponse, type Routes, type WebParts } from "../exchange.ts";
import { numberIn } from "./messages.ts";

/** Makes `GET /api/outbox?before=ROW&limit=N`: a page of what waits, newest first. */
export function outboxRoutes({ history }: Pick<WebParts, "history">): Routes {
  return {
    "GET /api/outbox": async ({ url: { searchParams: query }, ended }) => {
      const params = { before: numberIn(query, "before"), limit: numberIn(query, "limit") };
      return jsonResponse(await history.ask("outbox", params, ended));
    },
  };
}
