import { createHash, timingSafeEqual } from "node:crypto";

/** A value of `Host` by which the page may be called, and the origin that its pages then have. */
export interface Place {
  /** Host with its port, as a browser writes it. */
  readonly host: string;
  readonly origin: string;
}

/** Facts against which {@linkcode refuse} holds requests. */
export interface GuardSettings {
  /** Every host by which this connection may call the page. */
  readonly places: readonly Place[];
  /** The token that is sent with every request for data. */
  readonly token: string;
}

/** Names of loopback that stay on this machine. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1)$/;

/** Ports that a browser leaves out. */
const SCHEMES: readonly [port: number, scheme: string][] = [[80, "http"], [443, "https"]];

/**
 * Lists the places by which a connection that came to our address `localHost` may call the page.
 *
 * @param names further hosts, `NAME` or `NAME:PORT`
 */
export function placesOf(
  localHost: string | undefined,
  port: number,
  names: readonly string[] = [],
): Place[] {
  const hosts = [...names];
  if (localHost !== undefined) hosts.push(localHost.includes(":") ? `[${localHost}]` : localHost);
  if (localHost !== undefined && LOOPBACK.test(localHost)) hosts.push("localhost");
  return hosts.flatMap((host) => placesAt(host.toLowerCase(), port));
}

function placesAt(host: string, port: number): Place[] {
  const [, name = host, digits] = /^(.*?):(\d+)$/.exec(host.replace(/^\[[^\]]*\]$/, "")) ?? [];
  const named = digits === undefined ? port : Number(digits);
  const implied = SCHEMES.find(([usual]) => usual === named)?.[1];
  const full = `${name}:${named}`;
  return [
    { host: full, origin: `http://${full}` },
    ...(implied === undefined ? [] : [{ host: name, origin: `${implied}://${name}` }]),
  ];
}

/**
 * Returns the refusal of a request that does not come from the page itself; undefined for one that does. A refusal tells
 * nothing but its status: whoever gets it may be any page that the user visits.
 *
 * - 421: `Host`, or the host in the request's target, is none of the places. A foreign name that was made to point at
 *   this machine ends here (DNS rebinding).
 * - 403: another `Origin`, or the browser says that another site asks. Only the frame of the page itself may be opened
 *   by a link from elsewhere: it shows nothing without the token.
 * - 401: data without the token.
 */
export function refuse(request: Request, { places, token }: GuardSettings): Response | undefined {
  const { headers } = request;
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  const place = places.find(({ host }) => host === headers.get("host")?.toLowerCase());
  if (!url || !place || !places.some(({ host }) => host === url.host || host === `${url.host}:80`)) {
    return refusal(421);
  }
  const origin = headers.get("origin");
  if (origin !== null && !places.some((each) => each.host === place.host && each.origin === origin)) {
    return refusal(403);
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none" && !isVisit(request, url)) {
    return refusal(403);
  }
  if (headers.has("upgrade") || (headers.has("content-length") && headers.has("transfer-encoding"))) {
    return refusal(400);
  }
  if (!url.pathname.startsWith("/api/")) return undefined;
  const [, given] = /^Bearer ([\w-]+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  return given !== undefined && isSame(given, token) ? undefined : refusal(401);
}

/** Tells whether a tab is to show the page, whoever had the link. */
function isVisit({ headers, method }: Request, { pathname }: URL): boolean {
  return method === "GET" && pathname === "/" && headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document";
}

/** Compares in a time that tells nothing about either text. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one!, other!);
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: { connection: "close" } });
}

/** Headers of every answer. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/**
 * Adds the headers of every answer; what has no rule of its own is stored by nobody.
 *
 * @param localHost our address that the request came to, if it is known
 */
export function guarded(response: Response, localHost = "127.0.0.1"): Response {
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  // Browsers heed it on loopback alone, if nothing is encrypted, and complain of it elsewhere.
  if (!LOOPBACK.test(localHost)) response.headers.delete("cross-origin-opener-policy");
  // Compression would hold back the lines of a stream.
  if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store, no-transform");
  return response;
}
