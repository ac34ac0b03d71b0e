import { LARGE_TIMEOUT_MS } from "../../../peer/message_checks.ts";
import type { DeliveryResult, PeerRef } from "../../../peer/types.ts";
import { monotonicUlid } from "../../../platform/std_ulid.ts";
import { ExitCode, UserError } from "../../../platform/user_error.ts";
import { Spool } from "../../../storage/files/spool.ts";
import { errorOf, ndjson, type Routes, WebError, type WebParts } from "../exchange.ts";
import { EventLines } from "../event_lines.ts";
import { readUpload } from "../upload.ts";

/** How long to wait for the acknowledgement of a small document, milliseconds, as `earshot send` does. */
const TIMEOUT = 5_000;

/** Shortest time between two reports for one recipient, milliseconds. */
const PROGRESS_EVERY = 200;

/** Most recipients of one document. */
const RECIPIENTS_MAX = 1_000;

/** Dependencies of the routes for sending. */
export type SendParts = Pick<WebParts, "service" | "state" | "clock">;

/**
 * Makes `POST /api/send?to=ID&name=NAME[&stream=NAME][&queue=1]`: sends the body as a document; `to` may be repeated, or
 * be `all`. The answer begins when the whole body is here, with the id by which it can be withdrawn, and has a line for all
 * that becomes of it, at last its results or an error.
 */
export function sendRoutes({ service, state, clock }: SendParts): Routes {
  const spool = new Spool(state);

  const recipients = async (query: URLSearchParams): Promise<string[]> => {
    const given = [...new Set(query.getAll("to"))];
    if (given.length === 0) throw new WebError(400, "Say to whom it is to go.");
    if (given.length > RECIPIENTS_MAX) {
      throw new WebError(400, `A document goes to at most ${RECIPIENTS_MAX} peers.`);
    }
    if (!given.includes("all")) return given;
    const everyone = await service.everyone(0);
    if (everyone.length === 0) throw new UserError("Nobody is within earshot.", ExitCode.nobody);
    return everyone.map(({ id }) => id);
  };

  return {
    "POST /api/send": async ({ url: { searchParams: query }, body }) => {
      const to = await recipients(query);
      const content = await readUpload(body, (pieces) => spool.add(pieces));
      const isLarge = "spool" in content;
      // The sending goes on if the reader leaves: what was handed over is the outbox's.
      const lines = new EventLines(clock, () => {});
      const id = monotonicUlid();
      lines.add({ received: isLarge ? content.size : content.length, id });
      const told = new Map<string, number>();
      const progress = (to: PeerRef, bytes: number) => {
        const now = clock.now();
        if (now - (told.get(to.id) ?? -Infinity) < PROGRESS_EVERY) return;
        told.set(to.id, now);
        lines.add({ progress: { to, bytes } });
      };
      const queue = query.get("queue") === "1";
      const sending: Promise<DeliveryResult[]> = service.send(content, {
        to,
        id,
        name: query.get("name") || undefined,
        stream: query.get("stream") || undefined,
        timeout: isLarge ? LARGE_TIMEOUT_MS : TIMEOUT,
        queue,
        progress: isLarge ? progress : undefined,
        deferred: queue ? undefined : (to, { code, why }) => lines.add({ deferred: { to, code, why } }),
      });
      sending.then((results) => lines.end({ results }), (error) => lines.end(errorOf(error)));
      return ndjson(lines.stream);
    },
  };
}
