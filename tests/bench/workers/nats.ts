// A client of NATS: `nats.ts answer|ask PORT`. The packages are the rival's, and no dependencies.

import { documentOf, ratePerSecond, serve, timeRounds } from "../harness/serve.ts";

interface Connection {
  request(subject: string, data: Uint8Array): Promise<unknown>;
  subscribe(subject: string, options: {
    callback: (error: unknown, message: { data: Uint8Array; respond(data: Uint8Array): boolean }) => void;
  }): unknown;
  flush(): Promise<void>;
}

const [role, port] = Deno.args as [string, string];
const { connect } = await import(["npm", "@nats-io/transport-node@3.1.0"].join(":")) as {
  connect(options: unknown): Promise<Connection>;
};
const connection = await connect({ servers: `127.0.0.1:${port}` });
const message = new Uint8Array(128).fill(120);

if (role === "answer") {
  connection.subscribe("questions", { callback: (_, message) => void message.respond(message.data) });
  await connection.flush();
  await serve(null, {});
} else {
  const request = (subject: string, value: unknown) =>
    connection.request(subject, new TextEncoder().encode(JSON.stringify(value)));
  await serve(null, {
    rounds: (count: number) =>
      timeRounds(count, async () => void await connection.request("questions", message)),
    // JetStream acknowledges what is published to a subject of a stream by a reply.
    stream: () =>
      request("$JS.API.STREAM.CREATE.bench", {
        name: "bench",
        subjects: ["documents"],
        storage: "file",
        retention: "limits",
        max_consumers: -1,
        max_msgs: -1,
        max_bytes: -1,
        num_replicas: 1,
      }).then(() => {}),
    /** How many documents its stream has. */
    left: async () => {
      const { data } = await request("$JS.API.STREAM.INFO.bench", {}) as { data: Uint8Array };
      return JSON.parse(new TextDecoder().decode(data)).state.messages;
    },
    ingest: ({ count, underWay }: { count: number; underWay: number }) =>
      ratePerSecond(count, underWay, (n) => connection.request("documents", documentOf(n)).then(() => {})),
  });
}
