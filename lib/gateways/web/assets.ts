import { createHash } from "node:crypto";
import { WEB_PACKAGES } from "../../platform/web_packages.ts";
import index from "./page/index.html" with { type: "text" };
import api from "./page/api.js" with { type: "text" };
import askCss from "./page/ask.css" with { type: "text" };
import askUser from "./page/ask_user.js" with { type: "text" };
import asks from "./page/asks.js" with { type: "text" };
import badge from "./page/badge.js" with { type: "text" };
import chats from "./page/chats.js" with { type: "text" };
import clipboard from "./page/clipboard.js" with { type: "text" };
import documentPages from "./page/document_pages.js" with { type: "text" };
import documentRow from "./page/document_row.js" with { type: "text" };
import documentWords from "./page/document_words.js" with { type: "text" };
import documentsCss from "./page/documents.css" with { type: "text" };
import element from "./page/element.js" with { type: "text" };
import events from "./page/events.js" with { type: "text" };
import eventsReader from "./page/events_reader.js" with { type: "text" };
import eventsWorker from "./page/events_worker.js" with { type: "text" };
import findings from "./page/findings.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import frameCss from "./page/frame.css" with { type: "text" };
import healthCss from "./page/health.css" with { type: "text" };
import iconSvg from "./page/icon.svg" with { type: "text" };
import jsonRows from "./page/json_rows.js" with { type: "text" };
import jsonTokens from "./page/json_tokens.js" with { type: "text" };
import jsonTree from "./page/json_tree.js" with { type: "text" };
import lines from "./page/lines.js" with { type: "text" };
import lit from "./page/lit.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import name from "./page/name.js" with { type: "text" };
import notify from "./page/notify.js" with { type: "text" };
import outcome from "./page/outcome.js" with { type: "text" };
import partners from "./page/partners.js" with { type: "text" };
import peerWords from "./page/peer_words.js" with { type: "text" };
import peersCss from "./page/peers.css" with { type: "text" };
import plotCanvas from "./page/plot_canvas.js" with { type: "text" };
import plotChoices from "./page/plot_choices.js" with { type: "text" };
import plotData from "./page/plot_data.js" with { type: "text" };
import plotExports from "./page/plot_exports.js" with { type: "text" };
import plotLines from "./page/plot_lines.js" with { type: "text" };
import plotParts from "./page/plot_parts.js" with { type: "text" };
import plotPointers from "./page/plot_pointers.js" with { type: "text" };
import plotRange from "./page/plot_range.js" with { type: "text" };
import plotReader from "./page/plot_reader.js" with { type: "text" };
import plotsCss from "./page/plots.css" with { type: "text" };
import reading from "./page/reading.js" with { type: "text" };
import readings from "./page/readings.js" with { type: "text" };
import roster from "./page/roster.js" with { type: "text" };
import router from "./page/router.js" with { type: "text" };
import rowWindow from "./page/row_window.js" with { type: "text" };
import sending from "./page/sending.js" with { type: "text" };
import sends from "./page/sends.js" with { type: "text" };
import store from "./page/store.js" with { type: "text" };
import styleCss from "./page/style.css" with { type: "text" };
import talkCss from "./page/talk.css" with { type: "text" };
import tabs from "./page/tabs.js" with { type: "text" };
import talk from "./page/talk.js" with { type: "text" };
import unread from "./page/unread.js" with { type: "text" };
import unreadChats from "./page/unread_chats.js" with { type: "text" };
import unsent from "./page/unsent.js" with { type: "text" };
import views from "./page/views.js" with { type: "text" };
import visibleText from "./page/visible_text.js" with { type: "text" };
import esApp from "./page/elements/es-app.js" with { type: "text" };
import esAsk from "./page/elements/es-ask.js" with { type: "text" };
import esDocument from "./page/elements/es-document.js" with { type: "text" };
import esDocuments from "./page/elements/es-documents.js" with { type: "text" };
import esDrop from "./page/elements/es-drop.js" with { type: "text" };
import esEntrance from "./page/elements/es-entrance.js" with { type: "text" };
import esHealth from "./page/elements/es-health.js" with { type: "text" };
import esJson from "./page/elements/es-json.js" with { type: "text" };
import esOutbox from "./page/elements/es-outbox.js" with { type: "text" };
import esPeers from "./page/elements/es-peers.js" with { type: "text" };
import esPlot from "./page/elements/es-plot.js" with { type: "text" };
import esPlots from "./page/elements/es-plots.js" with { type: "text" };
import esSends from "./page/elements/es-sends.js" with { type: "text" };
import esTalk from "./page/elements/es-talk.js" with { type: "text" };
import { joinModules } from "./join_modules.ts";

/** A file as it is served. */
interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Files of the page, by path: all is part of the program, and nothing is read from disk. */
const PARTS: Readonly<Record<string, string>> = {
  ...WEB_PACKAGES,
  "/api.js": api,
  "/ask.css": askCss,
  "/ask_user.js": askUser,
  "/asks.js": asks,
  "/badge.js": badge,
  "/chats.js": chats,
  "/clipboard.js": clipboard,
  "/document_pages.js": documentPages,
  "/document_row.js": documentRow,
  "/document_words.js": documentWords,
  "/documents.css": documentsCss,
  "/element.js": element,
  "/events.js": events,
  "/events_reader.js": eventsReader,
  "/events_worker.js": eventsWorker,
  "/findings.js": findings,
  "/format.js": format,
  "/frame.css": frameCss,
  "/health.css": healthCss,
  "/json_rows.js": jsonRows,
  "/json_tokens.js": jsonTokens,
  "/json_tree.js": jsonTree,
  "/lines.js": lines,
  "/lit.js": lit,
  "/main.js": main,
  "/name.js": name,
  "/notify.js": notify,
  "/outcome.js": outcome,
  "/partners.js": partners,
  "/peer_words.js": peerWords,
  "/peers.css": peersCss,
  "/plot_canvas.js": plotCanvas,
  "/plot_choices.js": plotChoices,
  "/plot_data.js": plotData,
  "/plot_exports.js": plotExports,
  "/plot_lines.js": plotLines,
  "/plot_parts.js": plotParts,
  "/plot_pointers.js": plotPointers,
  "/plot_range.js": plotRange,
  "/plot_reader.js": plotReader,
  "/plots.css": plotsCss,
  "/reading.js": reading,
  "/readings.js": readings,
  "/roster.js": roster,
  "/router.js": router,
  "/row_window.js": rowWindow,
  "/sending.js": sending,
  "/sends.js": sends,
  "/store.js": store,
  "/style.css": styleCss,
  "/talk.css": talkCss,
  "/tabs.js": tabs,
  "/talk.js": talk,
  "/unread.js": unread,
  "/unread_chats.js": unreadChats,
  "/unsent.js": unsent,
  "/views.js": views,
  "/visible_text.js": visibleText,
  "/elements/es-app.js": esApp,
  "/elements/es-ask.js": esAsk,
  "/elements/es-document.js": esDocument,
  "/elements/es-documents.js": esDocuments,
  "/elements/es-drop.js": esDrop,
  "/elements/es-entrance.js": esEntrance,
  "/elements/es-health.js": esHealth,
  "/elements/es-json.js": esJson,
  "/elements/es-outbox.js": esOutbox,
  "/elements/es-peers.js": esPeers,
  "/elements/es-plot.js": esPlot,
  "/elements/es-plots.js": esPlots,
  "/elements/es-sends.js": esSends,
  "/elements/es-talk.js": esTalk,
};

/** The style sheets, in the order in which their rules overrule each other. */
const STYLES = [
  "/style.css",
  "/frame.css",
  "/talk.css",
  "/peers.css",
  "/ask.css",
  "/health.css",
  "/documents.css",
  "/packages/uplot/uPlot.css",
  "/plots.css",
];

/** Files for which a browser asks: few, because each request costs it far more than what is in it. */
const FILES: Readonly<Record<string, string>> = {
  "/": index,
  "/icon.svg": iconSvg,
  "/page.css": STYLES.map((path) => PARTS[path]).join("\n"),
  ...joinModules(PARTS, { "/page.js": "/main.js", "/page_views.js": "/views.js" }),
  ...joinModules(PARTS, { "/page_worker.js": "/events_worker.js" }),
};

const ASSETS: ReadonlyMap<string, Asset> = new Map(
  Object.entries(FILES).map(([path, text]) => {
    const body = new TextEncoder().encode(text);
    const type = TYPES[path === "/" ? "html" : path.slice(path.lastIndexOf(".") + 1)]!;
    return [path, { body, type, etag: `"${createHash("sha256").update(body).digest("base64url")}"` }];
  }),
);

/** Answers a request for a file of the page; undefined if there is none at this path. */
export function serveAsset(request: Request, path: string): Response | undefined {
  const asset = ASSETS.get(path);
  if (!asset) return undefined;
  const { body, type, etag } = asset;
  // The next version of the program has other files at the same address.
  const headers = { "content-type": type, etag, "cache-control": "no-cache, no-transform" };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(body, { headers });
}
