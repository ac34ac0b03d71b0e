// A TcpNet as a process of its own, for hosts of a lab: options, orders and events as lines of JSON like udp_agent.ts.
import { TcpNet } from "../../../lib/net/tcp.ts";
import type { Connection, Listener } from "../../../lib/net/types.ts";

const write = (event: unknown) =>
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(event) + "\n"));
const { listen, ...options } = JSON.parse(Deno.args[0]!);
// As the program does from its start: the runtime panics if it prepares for signals when no descriptor is left.
Deno.addSignalListener("SIGHUP", () => {});
const tcp = new TcpNet(options);
const kept: Connection[] = [];
let listener: Listener | undefined;
if (listen) {
  listener = await tcp.listen(listen, (connection) => {
    kept.push(connection);
    write({ accepted: connection.remote });
  });
}
write({ ready: true, port: listener?.port, pid: Deno.pid });

let buffered = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (buffered + text).split("\n");
  buffered = lines.pop()!;
  for (const line of lines) {
    const order = JSON.parse(line);
    if (order.rescan) write({ rescanned: (tcp.rescan(), true) });
    if (order.drop) write({ dropped: kept.splice(0).map((connection) => connection.close()).length });
    if (order.dial) {
      const abort = new AbortController();
      const dialled = tcp.dial(order.dial, abort.signal);
      if (order.abort) abort.abort();
      const { host, port } = order.dial;
      try {
        kept.push(await dialled);
        write({ dialled: `${host}:${port}` });
      } catch (error) {
        write({ failed: `${host}:${port}`, why: (error as Error).name });
      }
    }
  }
}
