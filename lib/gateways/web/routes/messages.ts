import type { MessagesQuery } from "../../../storage/history/messages_page.ts";
import { jsonResponse, type Routes, WebError, type WebParts } from "../exchange.ts";

/** Longest text of a parameter, characters. */
const TEXT_MAX = 512;

/**
 * Makes `GET /api/messages?kind=chat|document&peer=ID&stream=NAME&to=all|you&direction=received|sent|both&answers=1
 * &search=TEXT&before=PLACE&after=PLACE&limit=N`: a page of the history, newest first. Pages go on by the places that they name.
 */
export function messageRoutes({ history }: Pick<WebParts, "history">): Routes {
  return {
    "GET /api/messages": async ({ url: { searchParams: query }, ended }) => {
      const direction = oneOf(query, "direction", ["received", "sent", "both"]);
      const params: MessagesQuery = {
        kind: oneOf(query, "kind", ["chat", "document"]),
        peer: textIn(query, "peer"),
        stream: textIn(query, "stream"),
        to: oneOf(query, "to", ["all", "you"]),
        direction: direction === "both" ? undefined : direction,
        answers: query.get("answers") === "1",
        search: textIn(query, "search"),
        before: textIn(query, "before"),
        after: textIn(query, "after"),
        limit: numberIn(query, "limit"),
      };
      return jsonResponse(await history.ask("messages", params, ended));
    },
  };
}

function textIn(query: URLSearchParams, key: string): string | undefined {
  const text = query.get(key) || undefined;
  if (text !== undefined && text.length > TEXT_MAX) {
    throw new WebError(400, `The request's "${key}" has more than ${TEXT_MAX} characters.`);
  }
  return text;
}

function oneOf<T extends string>(
  query: URLSearchParams,
  key: string,
  values: readonly T[],
): T | undefined {
  const text = query.get(key);
  const value = values.find((each) => each === text);
  if (!text || value !== undefined) return value;
  throw new WebError(400, `The request's "${key}" must be ${values.join(" or ")}.`);
}

/** Reads a parameter that is a whole number. @throws {WebError} it is none */
export function numberIn(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key);
  if (!text) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new WebError(400, `The request's "${key}" must be a whole number.`);
  return Number(text);
}
