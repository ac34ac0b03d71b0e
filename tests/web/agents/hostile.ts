// Web servers on loopback, and what they were asked for on standard output. Arguments: the port of one of somebody
// hostile, where any path is an empty page, but for `/attacks.js`; and the port of one that lets everybody do everything.

const [hostile, careless] = Deno.args.map(Number) as [number, number];
const ATTACKS = Deno.readTextFileSync(new URL("attacks.js", import.meta.url));
const OPEN = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  "timing-allow-origin": "*",
};

serve(
  hostile,
  (path) =>
    path === "/attacks.js"
      ? new Response(ATTACKS, { headers: { "content-type": "text/javascript" } })
      : new Response("<!doctype html><title>hostile</title><body></body>", {
        headers: { "content-type": "text/html" },
      }),
);
serve(careless, (path) => {
  const type = path.endsWith(".js")
    ? "text/javascript"
    : path === "/api/events"
    ? "text/event-stream"
    : path === "/page.css"
    ? "text/css"
    : "image/svg+xml";
  const body = type === "image/svg+xml" ? '<svg xmlns="http://www.w3.org/2000/svg"/>' : "/**/\n";
  return new Response(body, { headers: { ...OPEN, "content-type": type } });
});

function serve(port: number, answer: (path: string) => Response): void {
  Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => console.log(`ready ${port}`) },
    async (request) => {
      console.log(`asked ${request.method} ${request.url} ${await request.text()}`);
      return answer(new URL(request.url).pathname);
    },
  );
}
