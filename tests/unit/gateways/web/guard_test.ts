import { assertEquals, assertMatch } from "@std/assert";
import { guarded, placesOf, refuse } from "../../../../lib/gateways/web/guard.ts";

const TOKEN = "t0ken_of-24-bytes-as-base64url00";
const PLACES = placesOf("127.0.0.1", 8033);

/** The status with which a request is refused; 200 if it passes. */
function status(
  path: string,
  headers: Record<string, string>,
  method = "GET",
  base = "http://127.0.0.1:8033",
): number {
  const request = new Request(`${base}${path}`, { method });
  const all = new Headers({ host: "127.0.0.1:8033", ...headers });
  // A Request leaves such headers out.
  const refused = refuse({ url: request.url, method, headers: all } as Request, {
    places: PLACES,
    token: TOKEN,
  });
  return refused?.status ?? 200;
}

Deno.test("only an exact Host with the port lets a request in, whatever name points here", () => {
  for (const host of ["127.0.0.1:8033", "localhost:8033", "LocalHost:8033"]) {
    assertEquals(status("/", { host }), 200, host);
  }
  const wrong = [
    "evil.example",
    "evil.example:8033",
    "127.0.0.1",
    "localhost",
    "127.0.0.1:8034",
    "127.0.0.1:08033",
    "127.0.0.1.evil.example:8033",
    "localhost.:8033",
    "[::1]:8033",
    "[::ffff:127.0.0.1]:8033",
    "user@127.0.0.1:8033",
    "127.0.0.1:8033, evil.example",
    "",
  ];
  for (const host of wrong) assertEquals(status("/", { host }), 421, host);
  // The target itself may name a host.
  assertEquals(status("/", {}, "GET", "http://evil.example:8033"), 421);
});

Deno.test("the places of a connection are the address that it came to, and the names that the user added", () => {
  const hosts = (...args: Parameters<typeof placesOf>) =>
    placesOf(...args).map(({ host, origin }) => `${host} ${origin}`);
  assertEquals(hosts("10.0.0.5", 8033), ["10.0.0.5:8033 http://10.0.0.5:8033"]);
  assertEquals(hosts("::1", 9), ["[::1]:9 http://[::1]:9", "localhost:9 http://localhost:9"]);
  assertEquals(hosts(undefined, 8033, ["lab-pc.local", "page.example:443"]), [
    "lab-pc.local:8033 http://lab-pc.local:8033",
    "page.example:443 http://page.example:443",
    "page.example https://page.example",
  ]);
  assertEquals(hosts("127.0.0.1", 80).slice(0, 2), [
    "127.0.0.1:80 http://127.0.0.1:80",
    "127.0.0.1 http://127.0.0.1",
  ]);
});

Deno.test("another origin is refused, also for files and beside the right token", () => {
  const authorization = `Bearer ${TOKEN}`;
  assertEquals(status("/api/health", { authorization, origin: "http://127.0.0.1:8033" }), 200);
  const wrong = [
    "http://evil.example",
    "null",
    "http://127.0.0.1:8034",
    "http://127.0.0.1",
    "https://127.0.0.1:8033",
    // Our own, but not the one of this Host: two names of one page share nothing.
    "http://localhost:8033",
    "http://127.0.0.1:8033/",
    "",
  ];
  for (const origin of wrong) {
    for (const path of ["/", "/page.js", "/api/health", "/download/x"]) {
      assertEquals(status(path, { authorization, origin }), 403, `${origin} ${path}`);
    }
  }
});

Deno.test("a request of which the browser says that another site made it is refused; a link may open the page", () => {
  for (const site of ["cross-site", "same-site", "nonsense"]) {
    for (const path of ["/", "/page.js", "/download/x"]) {
      assertEquals(status(path, { "sec-fetch-site": site }), 403, `${site} ${path}`);
    }
    const visit = { "sec-fetch-site": site, "sec-fetch-mode": "navigate" };
    assertEquals(status("/", { ...visit, "sec-fetch-dest": "document" }), 200);
    assertEquals(status("/", { ...visit, "sec-fetch-dest": "iframe" }), 403);
    assertEquals(status("/", { ...visit, "sec-fetch-dest": "document" }, "POST"), 403);
    assertEquals(status("/download/x", { ...visit, "sec-fetch-dest": "document" }), 403);
  }
  for (const site of ["same-origin", "none"]) {
    assertEquals(status("/page.js", { "sec-fetch-site": site }), 200);
  }
});

Deno.test("data needs the token in its header, and nothing else will do", () => {
  assertEquals(status("/api/health", { authorization: `Bearer ${TOKEN}` }), 200);
  const wrong: Record<string, string>[] = [
    {},
    { authorization: "" },
    { authorization: TOKEN },
    { authorization: `Basic ${TOKEN}` },
    { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: `Bearer ${TOKEN}, Bearer x` },
    { authorization: `Bearer ${TOKEN.toUpperCase()}` },
    { cookie: `token=${TOKEN}` },
  ];
  for (const headers of wrong) assertEquals(status("/api/health", headers), 401, JSON.stringify(headers));
  assertEquals(status(`/api/health?token=${TOKEN}`, {}), 401);
  for (const path of ["/api/", "/api/none-such", "/api/../api/health"]) assertEquals(status(path, {}), 401);
});

Deno.test("a refusal has no content, and every answer has the headers that keep other pages out", () => {
  const refused = guarded(refuse(new Request("http://evil.example/"), { places: PLACES, token: TOKEN })!);
  assertEquals([refused.status, refused.body, refused.headers.get("connection")], [421, null, "close"]);
  const { headers } = guarded(new Response("{}", { headers: { "content-type": "application/json" } }));
  const policy = headers.get("content-security-policy")!;
  assertMatch(policy, /^default-src 'none'; script-src 'self'; worker-src 'self';/);
  assertMatch(policy, /frame-ancestors 'none'/);
  assertEquals(/unsafe|\*|https?:/.test(policy), false, policy);
  assertEquals(headers.get("cross-origin-resource-policy"), "same-origin");
  assertEquals(headers.get("cross-origin-opener-policy"), "same-origin");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("referrer-policy"), "no-referrer");
  assertEquals(headers.get("cache-control"), "no-store, no-transform");
  assertEquals([...headers.keys()].filter((name) => name.startsWith("access-control")), []);
});
