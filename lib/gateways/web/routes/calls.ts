import { type CallName, decodeArguments } from "../../../control/service.ts";
import { monotonicUlid } from "../../../platform/std_ulid.ts";
import { jsonResponse, readJson, type Routes, WebError, type WebParts } from "../exchange.ts";

/** Calls that the page makes; the others are for programs. */
const ALLOWED: ReadonlySet<string> = new Set<CallName>([
  "status",
  "peers",
  "resolve",
  "everyone",
  "say",
  "ask",
  "trust",
  "forget",
  "block",
  "known",
  "dialBack",
  "withdraw",
]);

/** Those that send a message. */
const MESSAGES: ReadonlySet<string> = new Set<CallName>(["say", "ask"]);

/** Makes `POST /api/call/NAME`: the calls of the control socket, with their parameters as a JSON object. */
export function callRoutes({ service }: Pick<WebParts, "service">): Routes {
  return {
    "POST /api/call/*": async (exchange) => {
      const name = exchange.url.pathname.slice("/api/call/".length);
      if (!ALLOWED.has(name)) throw new WebError(404, `There is no call "${name.slice(0, 100)}".`);
      const call = name as CallName;
      const params = await readJson(exchange);
      // If the peer leaves meanwhile, the call is made again at the next one: the message has to be the same.
      if (MESSAGES.has(name)) params.id ??= monotonicUlid();
      const result = await service.call(call, decodeArguments(call, { params, told: {} }));
      return jsonResponse(result ?? null);
    },
  };
}
