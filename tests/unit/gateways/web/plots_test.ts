import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Routes, WebError } from "../../../../lib/gateways/web/exchange.ts";
import { plotRoutes } from "../../../../lib/gateways/web/routes/plots.ts";
import { Tickets } from "../../../../lib/gateways/web/tickets.ts";
import { HistoryThread } from "../../../../lib/storage/threads/history_thread.ts";
import { aDocument, ALICE, Bench, BOB } from "../../storage/support.ts";

/** Asks a route as a browser does. */
async function ask(
  routes: Routes,
  path: string,
  body?: unknown,
  method = body ? "POST" : "GET",
): Promise<Response> {
  const url = new URL(path, "http://localhost");
  const route = routes[`${method} ${url.pathname}`] ??
    routes[`${method} ${url.pathname.replace(/[^/]+$/, "*")}`];
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const parts = (async function* () {
    if (body !== undefined) yield bytes;
  })();
  return await route!({ request: new Request(url), url, body: parts, ended: new AbortController().signal });
}

Deno.test("the page gets streams and lines of the history, and all points once as CSV", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const at = Date.UTC(2026, 0) / 1000;
  await Promise.all([
    storage.receive(aDocument(1, { stream: "env/x", body: `{"ts":${at},"temp":20.5}` })),
    storage.receive(
      aDocument(2, { stream: "env/x", body: `{"ts":${at + 1},"temp":-3}`, sender: BOB, senderName: "=bob" }),
    ),
    storage.receive(aDocument(3, { stream: "env/x", body: `{"ts":${at + 2},"temp":21}` })),
  ]);
  using history = new HistoryThread(bench);
  const tickets = new Tickets(bench.clock);
  // deno-lint-ignore no-explicit-any
  const routes = plotRoutes({ history, tickets: tickets as any });
  const { streams } = await (await ask(routes, "/api/streams")).json();
  assertEquals(streams.length, 2);
  const both = `source=${ALICE}/env%2Fx&source=${BOB}/env%2Fx`;
  const plot = await (await ask(routes, `/api/plot?${both}&from=${at * 1000 + 1}&width=500`)).json();
  assertEquals([plot.x, plot.y], [[at * 1000 + 1000, at * 1000 + 2000], [[null, 21], [-3, null]]]);
  const { path } = await (await ask(routes, "/api/plot/export", {
    sources: [`${ALICE}/env/x`, `${BOB}/env/x`],
    fields: ["/temp"],
  })).json();
  const file = await ask(routes, path);
  assertEquals(file.headers.get("content-disposition"), 'attachment; filename="earshot-env_x.csv"');
  const lines = (await file.text()).split("\r\n").map((line) => line.split(",").toSpliced(1, 1).join());
  assertEquals(lines, [
    "time,peer,stream,temp",
    "2026-01-01T00:00:00.000Z,alice,env/x,20.5",
    "2026-01-01T00:00:02.000Z,alice,env/x,21",
    "2026-01-01T00:00:01.000Z,'=bob,env/x,-3",
    "",
  ]);
  const again = await assertRejects(() => ask(routes, path), WebError);
  assertEquals(again.status, 404);
});

Deno.test("a request for a plot that is too large, or no request at all, is refused with a sentence", async () => {
  await using bench = new Bench();
  using history = new HistoryThread(bench);
  const routes = plotRoutes({ history, tickets: new Tickets(bench.clock) });
  const source = `source=${ALICE}/env`;
  for (
    const query of [
      "",
      "source=env",
      "source=/env",
      `source=${ALICE}/`,
      `${source}&from=yesterday`,
      `${source}&width=1e9`,
      `${source}&after=-1`,
      Array(17).fill(source).join("&"),
      `${source}&field=${"x".repeat(300)}`,
      `${source}${"&field=/x".repeat(65)}`,
    ]
  ) {
    const error = await assertRejects(() => ask(routes, `/api/plot?${query}`), WebError);
    assertEquals([query, error.status], [query, 400]);
  }
  for (const body of [{}, { sources: "x" }, { sources: [1] }, { sources: [`${ALICE}/a`], from: 1.5 }]) {
    assertEquals((await assertRejects(() => ask(routes, "/api/plot/export", body), WebError)).status, 400);
  }
  const empty = await (await ask(routes, `/api/plot?${source}`)).json();
  assertEquals([empty.x, empty.lines], [[], []]);
  assert((await (await ask(routes, "/api/streams")).json()).streams.length === 0);
});
