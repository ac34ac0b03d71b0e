import { type HttpExchange, type HttpServer, PAGE_LIMITS, serveHttp } from "../../net/http_server.ts";
import type { PagePort } from "../../net/page_port.ts";
import { serveAsset } from "./assets.ts";
import { errorResponse, type Route, type Routes, WebError, type WebParts } from "./exchange.ts";
import { guarded, placesOf, refuse } from "./guard.ts";
import { callRoutes } from "./routes/calls.ts";
import { documentRoutes } from "./routes/documents.ts";
import { openEvents } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { messageRoutes } from "./routes/messages.ts";
import { outboxRoutes } from "./routes/outbox.ts";
import { plotRoutes } from "./routes/plots.ts";
import { sendRoutes } from "./routes/send.ts";
import { Tickets } from "./tickets.ts";

/** Dependencies of {@linkcode openWeb}. */
export interface WebOptions extends WebParts {
  /** The port, open already; the page closes it. */
  readonly port: PagePort;
  /** Secret without which no data is served. */
  readonly token: string;
  /** Further hosts by which requests may call the page, `NAME` or `NAME:PORT`. */
  readonly hosts?: readonly string[];
}

/** A page that is being served. */
export interface Web {
  /** Ends every request and stream at once, and closes the port. */
  close(): Promise<void>;
}

/**
 * Serves the page, until it is closed.
 *
 * A request goes through the limits of `net/http_server.ts`; then `guard.ts`, which holds `Host`, `Origin` and the token
 * against what is right; then to a file of `assets.ts`, or to the route of its method and path in `routes/`. The routes
 * are clients of the peer's service and of the history: nothing in them that a command could not do.
 */
export function openWeb({ port, token, hosts, ...parts }: WebOptions): Web {
  const events = openEvents(parts);
  const routes: Routes = {
    ...callRoutes(parts),
    ...events.routes,
    ...documentRoutes({ ...parts, tickets: new Tickets(parts.clock) }),
    ...healthRoutes(parts),
    ...messageRoutes(parts),
    ...outboxRoutes(parts),
    ...plotRoutes({ ...parts, tickets: new Tickets(parts.clock) }),
    ...sendRoutes(parts),
  };
  const handle = async (exchange: HttpExchange): Promise<Response> => {
    const { request, localHost, body, ended } = exchange;
    try {
      const places = placesOf(localHost, port.port, hosts);
      const refused = refuse(request, { places, token });
      return guarded(refused ?? await answer(request, new URL(request.url), body, ended), localHost);
    } catch (error) {
      return guarded(errorResponse(error), localHost);
    }
  };
  const answer = async (
    request: Request,
    url: URL,
    body: AsyncIterable<Uint8Array>,
    ended: AbortSignal,
  ): Promise<Response> => {
    const route = routeOf(routes, request.method, url.pathname);
    if (route) return await route({ request, url, body, ended });
    const asset = serveAsset(request, url.pathname);
    if (!asset) throw new WebError(404, "There is nothing at this address.");
    if (request.method === "GET" || request.method === "HEAD") return asset;
    throw new WebError(405, `${request.method} is not possible here.`, { allow: "GET, HEAD" });
  };
  // The thread that reads the history starts while the browser does: whoever looks first need not wait for it.
  parts.history.ask("lastRows", {}).catch(() => {});
  const server: HttpServer = serveHttp(handle, parts.clock, PAGE_LIMITS);
  port.serve((connection) => server.connected(connection));
  return {
    async close() {
      events.close();
      await Promise.all([port.close(), server.close()]);
    },
  };
}

/** Finds a route; `*` in its path stands for the last segment. @throws {WebError} the path takes other methods */
function routeOf(routes: Routes, method: string, path: string): Route | undefined {
  const paths = [path, `${path.slice(0, path.lastIndexOf("/"))}/*`];
  for (const each of paths) {
    if (Object.hasOwn(routes, `${method} ${each}`)) return routes[`${method} ${each}`];
  }
  const methods = ["GET", "POST"].filter((other) =>
    paths.some((each) => Object.hasOwn(routes, `${other} ${each}`))
  );
  if (methods.length === 0) return undefined;
  throw new WebError(405, `${method} is not possible here.`, { allow: methods.join(", ") });
}
