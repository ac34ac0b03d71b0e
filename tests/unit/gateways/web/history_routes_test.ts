import { assertEquals, assertRejects } from "@std/assert";
import type { Service } from "../../../../lib/control/service.ts";
import { errorResponse, type Routes } from "../../../../lib/gateways/web/exchange.ts";
import { messageRoutes } from "../../../../lib/gateways/web/routes/messages.ts";
import { outboxRoutes } from "../../../../lib/gateways/web/routes/outbox.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { HistoryThread } from "../../../../lib/storage/threads/history_thread.ts";
import { aChat, aDocument, ALICE, Bench, BOB, messageId } from "../../storage/support.ts";

/** Asks a route as a browser does. */
async function get(
  routes: Routes,
  path: string,
  query: Record<string, string> = {},
  ended = new AbortController().signal,
): Promise<Response> {
  const url = new URL(`http://localhost${path}?${new URLSearchParams(query)}`);
  const body = (async function* () {})();
  try {
    return await routes[`GET ${path}`]!({ request: new Request(url), url, body, ended });
  } catch (error) {
    if (ended.aborted) throw error;
    return errorResponse(error);
  }
}

Deno.test("the page gets the history by pages, filters and search, whatever names and bodies are", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const names = ['"quoted"; DROP TABLE sent;--.json', "100%_.json", "\u202Egnp.json", "<img src=x>.json"];
  for (const [i, name] of names.entries()) {
    await storage.receive(aDocument(i + 1, { name, stream: `s'${i % 2}`, body: `"${"<b>".repeat(i)}"` }));
  }
  // The store cleans names.
  const stored = ["_quoted_; DROP TABLE sent;--.json", "100%_.json", "gnp.json", "_img src=x_.json"];
  await storage.receive(aChat(10, { text: "to everybody 100%" }));
  await storage.receive(aChat(11, { to: "you", text: "to you" }));
  await storage.receive(aChat(12, { sender: BOB, senderName: "bob", to: "you", text: "of bob" }));
  using history = new HistoryThread(bench);
  const routes = messageRoutes({ history });
  const list = async (query: Record<string, string>) => {
    const { messages } = await (await get(routes, "/api/messages", query)).json();
    return messages.map(({ name, text }: Record<string, string>) => text ?? name);
  };
  assertEquals(await list({ kind: "document" }), stored.toReversed());
  assertEquals(await list({ stream: "s'1" }), [stored[3], stored[1]]);
  assertEquals(await list({ search: "100%" }), ["to everybody 100%", stored[1]]);
  assertEquals(await list({ search: "'; drop" }), []);
  assertEquals(await list({ search: "<B><b>" }), [stored[3], stored[2]]);
  assertEquals(await list({ kind: "chat", to: "all" }), ["to everybody 100%"]);
  assertEquals(await list({ kind: "chat", peer: ALICE, to: "you" }), ["to you"]);
  assertEquals(await list({ direction: "sent" }), []);
  const page = await (await get(routes, "/api/messages", { limit: "2" })).json();
  assertEquals(page.messages.length, 2);
  assertEquals((await list({ before: page.next, limit: "1" })).length, 1);
  assertEquals(await list({ after: page.latest }), []);
  const wrong: Record<string, string>[] = [
    { before: "x" },
    { limit: "-1" },
    { kind: "all" },
    { search: "x".repeat(600) },
    { after: "1;" },
  ];
  for (const query of wrong) {
    const { status, ok } = await get(routes, "/api/messages", query);
    assertEquals([status, ok], [400, false], JSON.stringify(query));
  }
  const gone = AbortSignal.abort(new Error("the browser left"));
  await assertRejects(() => get(routes, "/api/messages", {}, gone), Error, "the browser left");
});

Deno.test("the page gets what waits with the reason; without the peer, without it", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = new TextEncoder().encode("{}");
  for (const n of [1, 2, 3]) {
    const rest = { kind: "document", name: `${n}.json`, at: n, expires: 9e15, size: 2, body } as const;
    await storage.enqueue(BOB, { id: messageId(n), ...rest }, "bob");
  }
  using history = new HistoryThread(bench);
  let asked: unknown;
  let isAway = false;
  const whyWaiting: Service["whyWaiting"] = (ids, to) => {
    asked = [ids, to];
    if (isAway) return Promise.reject(new UserError("the peer is away"));
    return Promise.resolve(
      ids.map((_, i) => i === 0 ? { code: "quota", why: "full" } : { why: "not within earshot" }),
    );
  };
  const routes = outboxRoutes({ history, service: { whyWaiting } as unknown as Service });
  const read = async (query: Record<string, string>) =>
    await (await get(routes, "/api/outbox", query)).json();
  const first = await read({ limit: "2" });
  assertEquals(asked, [[messageId(3), messageId(2)], [BOB, BOB]]);
  assertEquals(
    first.messages.map(({ name, status, code, why }: Record<string, string>) => [name, status, code, why]),
    [["3.json", "queued", "quota", "full"], ["2.json", "queued", undefined, "not within earshot"]],
  );
  isAway = true;
  const rest = await read({ before: `${first.next}` });
  assertEquals(rest.messages.map(({ name, why }: Record<string, string>) => [name, why]), [[
    "1.json",
    undefined,
  ]]);
  assertEquals(rest.next, undefined);
});
