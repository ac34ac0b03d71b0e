import type { PointsPlace, PointsRequest } from "../../../storage/history/plot_points.ts";
import type { StreamSource } from "../../../storage/history/stream_documents.ts";
import { jsonResponse, readJson, type Routes, WebError, type WebParts } from "../exchange.ts";
import type { Tickets } from "../tickets.ts";

/** Most streams of a plot, and most fields and characters of one. */
const SOURCES_MAX = 16;
const FIELDS_MAX = 64;
const FIELD_MAX = 256;
/** Width of a plot, pixels, if none is given. */
const WIDTH = 1000;

/** Beginning of the path of an export. */
const EXPORT_BEGIN = "/export/";

/** Dependencies of the routes for plots. */
export interface PlotParts extends Pick<WebParts, "history"> {
  readonly tickets: Tickets<PointsRequest>;
}

/**
 * Makes the routes of the plots: `GET /api/streams`; `GET /api/plot?source=ID/STREAM…&field=PATH…&from=MS&to=MS&width=PX
 * &after=ROW`; `POST /api/plot/export` with the same as JSON (`sources`, `fields`, `from`, `to`), answered by `path`, from
 * which the points come once as CSV.
 */
export function plotRoutes({ history, tickets }: PlotParts): Routes {
  return {
    "GET /api/streams": async ({ ended }) => jsonResponse(await history.ask("streams", {}, ended)),
    "GET /api/plot": async ({ url: { searchParams }, ended }) => {
      const [width = WIDTH, after] = ["width", "after"].map((name) => numberIn(searchParams.get(name), name));
      const lines = linesIn(searchParams.getAll("source"), searchParams.getAll("field"));
      const range = rangeIn(searchParams.get("from"), searchParams.get("to"));
      return jsonResponse(await history.ask("plot", { ...lines, ...range, width, after }, ended));
    },
    "POST /api/plot/export": async (exchange) => {
      const { sources, fields = [], from, to } = await readJson(exchange);
      const request = { ...linesIn(sources, fields), ...rangeIn(from, to) };
      return jsonResponse({ path: `${EXPORT_BEGIN}${tickets.issue(request)}` });
    },
    [`GET ${EXPORT_BEGIN}*`]: async ({ url: { pathname }, ended }) => {
      const request = tickets.redeem(pathname.slice(EXPORT_BEGIN.length));
      if (!request) {
        throw new WebError(404, "This download was used, or is too old: start it again in the page.");
      }
      const name = (request.sources[0]?.stream ?? "").replace(/[^\w.-]+/g, "_");
      // The first answer is awaited, so that an error is one of the request.
      const first = await history.ask("plotPoints", request, ended);
      return new Response(csv(history, request, first, ended), {
        headers: {
          "content-type": "text/csv; charset=utf-8",
          "content-disposition": `attachment; filename="earshot-${name}.csv"`,
        },
      });
    },
  };
}

/** Reads one answer after the other, as the browser takes them. */
function csv(
  history: PlotParts["history"],
  request: PointsRequest,
  first: { readonly text: string; readonly next?: PointsPlace },
  ended: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(async function* () {
    const encoder = new TextEncoder();
    for (let answer = first;;) {
      if (answer.text !== "") yield encoder.encode(answer.text);
      if (answer.next === undefined) return;
      answer = await history.ask("plotPoints", { ...request, next: answer.next }, ended);
    }
  }());
}

function linesIn(sources: unknown, fields: unknown): { sources: StreamSource[]; fields: string[] } {
  if (!isTexts(sources, SOURCES_MAX) || sources.length === 0) {
    throw new WebError(400, `A plot has 1 to ${SOURCES_MAX} streams.`);
  }
  if (!isTexts(fields, FIELDS_MAX) || fields.some((field) => field.length > FIELD_MAX)) {
    throw new WebError(400, `A plot has at most ${FIELDS_MAX} fields.`);
  }
  return { sources: sources.map(sourceIn), fields };
}

/** A sender without a key has `plain-` and its address for an id. */
function sourceIn(text: string): StreamSource {
  const [, sender, stream] = /^([\w.%-]{1,100})\/(.{1,256})$/s.exec(text) ?? [];
  if (sender === undefined || stream === undefined) {
    throw new WebError(400, `"${text.slice(0, 100)}" is no stream: expected ID/STREAM.`);
  }
  return { sender, stream };
}

function isTexts(value: unknown, most: number): value is string[] {
  return Array.isArray(value) && value.length <= most && value.every((each) => typeof each === "string");
}

function rangeIn(from: unknown, to: unknown): { from?: number; to?: number } {
  return { from: numberIn(from, "from"), to: numberIn(to, "to") };
}

function numberIn(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "number" ? value : /^\d{1,16}$/.test(`${value}`) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number) || number < 0) throw new WebError(400, `"${name}" is no whole number.`);
  return number;
}
