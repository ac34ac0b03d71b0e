import type { DocumentQuery } from "../../../storage/history/document.ts";
import { readPlace } from "../../../storage/history/received_file.ts";
import { jsonResponse, readJson, type Routes, WebError, type WebParts } from "../exchange.ts";
import { TICKET_BEGIN, type Tickets } from "../tickets.ts";

/** Most bytes of a document that the page shows. */
const SHOWN_MAX = 1024 * 1024;

/** A document in the history. */
export type DocumentRow = Pick<DocumentQuery, "of" | "row">;

/** Dependencies of the routes for documents. */
export interface DocumentParts extends Pick<WebParts, "history"> {
  readonly tickets: Tickets<DocumentRow>;
}

/**
 * Makes the routes of documents from the network, which are never given to a browser as anything but text or a file:
 * `GET /api/document?row=N[&sent=1|&waiting=1]`, up to 1 MiB as text; and, for the whole, `POST /api/ticket` with the same
 * as JSON, whose answer names the path of `GET /download/TICKET`.
 */
export function documentRoutes({ history, tickets }: DocumentParts): Routes {
  /** Reads the beginning of a document. */
  const read = async (document: DocumentRow, most: number, signal: AbortSignal) => {
    const content = await history.ask("document", { ...document, most }, signal);
    if (content?.message.kind !== "document") throw new WebError(404, "There is no such document.");
    return content;
  };

  return {
    "GET /api/document": async ({ url, ended }) => {
      const query = Object.fromEntries(url.searchParams);
      const { message: { size }, body } = await read(rowIn(query), SHOWN_MAX, ended);
      return new Response(new Uint8Array(body), {
        headers: {
          "content-type": "text/plain; charset=utf-8",
          "earshot-size": `${size}`,
          ...(body.length < size && { "earshot-cut": `${size - body.length}` }),
        },
      });
    },

    "POST /api/ticket": async (exchange) => {
      const document = rowIn(await readJson(exchange));
      // Here a refusal can be shown.
      await read(document, 0, exchange.ended);
      return jsonResponse({ path: `${TICKET_BEGIN}${tickets.issue(document)}` });
    },

    [`GET ${TICKET_BEGIN}*`]: async ({ url, ended }) => {
      const document = tickets.redeem(url.pathname.slice(TICKET_BEGIN.length));
      if (!document) {
        throw new WebError(404, "This download was used, or is too old: start it again in the page.");
      }
      const { message: { name, size }, body, place } = await read(document, SHOWN_MAX, ended);
      return new Response(place ? ReadableStream.from(readPlace(place)) : new Uint8Array(body), {
        headers: {
          "content-type": "application/octet-stream",
          "content-length": `${size}`,
          "content-disposition": attachment(name),
        },
      });
    },
  };
}

function rowIn({ row, sent, waiting }: Record<string, unknown>): DocumentRow {
  const number = typeof row === "string" && /^\d{1,16}$/.test(row) ? Number(row) : row;
  if (!Number.isSafeInteger(number)) throw new WebError(400, "A document is named by its row.");
  const isSet = (flag: unknown) => flag === true || flag === "1";
  return { of: isSet(waiting) ? "waiting" : isSet(sent) ? "sent" : "received", row: number as number };
}

/** Names a file as its sender did, but as nothing that a desktop would run or show as a page. */
function attachment(name: string): string {
  const file = /\.[a-z]*json$/i.test(name) ? name : `${name || "document"}.json`;
  const plain = file.replace(/[^\w.-]/g, "_");
  const whole = encodeURIComponent(file.toWellFormed())
    .replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
