import { createHash } from "node:crypto";
import index from "./page/index.html" with { type: "text" };

/** A file of the page. */
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

/** Every file of the page by its path: all are part of the program, and nothing is read from disk. */
const FILES: Readonly<Record<string, string>> = {
  "/": index,
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
