import { jsonResponse, type Routes, type WebParts } from "../exchange.ts";

/** How long findings are good for, milliseconds. */
const FRESH_MS = 60_000;

/** Makes `GET /api/health`: the findings of the doctor, who is called once at a time and once a minute at most. */
export function healthRoutes({ examine, clock }: Pick<WebParts, "examine" | "clock">): Routes {
  let last: { readonly findings: Promise<readonly unknown[]>; readonly at: number } | undefined;
  return {
    "GET /api/health": async () => {
      if (last === undefined || clock.now() - last.at >= FRESH_MS) {
        const begun = last = { findings: examine?.() ?? Promise.resolve([]), at: Infinity };
        begun.findings.then(() => last = { ...begun, at: clock.now() }, () => last = undefined);
      }
      return jsonResponse({ findings: await last.findings });
    },
  };
}
