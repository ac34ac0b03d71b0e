// A client of mosquitto with QoS 1: `mqtt.ts answer|ask|keep|left PORT`. The package is the rival's, and no dependency.

import { documentOf, ratePerSecond, serve, timeRounds } from "../harness/serve.ts";

interface Client {
  publishAsync(topic: string, message: Uint8Array, options: { qos: 1 }): Promise<unknown>;
  subscribeAsync(topic: string, options: { qos: 1 }): Promise<unknown>;
  on(event: "message", listener: (topic: string, message: Uint8Array) => void): void;
  endAsync(): Promise<void>;
  readonly stream: { setNoDelay(on: boolean): void };
}

const { default: mqtt } = await import(["npm", "mqtt@5.16.0"].join(":")) as {
  default: { connectAsync(url: string, options: unknown): Promise<Client> };
};

const [role, port] = Deno.args as [string, string];
async function connect(clientId: string, clean: boolean): Promise<Client> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId, clean });
  // Without it each round trip waits 40 ms for a delayed acknowledgement.
  client.stream.setNoDelay(true);
  return client;
}
const message = new Uint8Array(128).fill(120);

if (role === "answer") {
  const client = await connect("answer", true);
  client.on("message", (_, message) => void client.publishAsync("answers", message, { qos: 1 }));
  await client.subscribeAsync("questions", { qos: 1 });
  await serve(null, {});
} else if (role === "ask") {
  const client = await connect("ask", true);
  let answered: (() => void) | undefined;
  client.on("message", () => answered?.());
  await client.subscribeAsync("answers", { qos: 1 });
  await serve(null, {
    rounds: (count: number) =>
      timeRounds(count, async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        answered = resolve;
        void client.publishAsync("questions", message, { qos: 1 });
        await promise;
      }),
    ingest: ({ count, underWay }: { count: number; underWay: number }) =>
      ratePerSecond(
        count,
        underWay,
        (n) => client.publishAsync("documents", documentOf(n), { qos: 1 }).then(() => {}),
      ),
  });
} else if (role === "left") {
  // What the broker still keeps for that session. A last message of our own tells the end.
  const client = await connect("kept", false);
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = 0;
  client.on("message", (_, message) => message.length === 0 ? resolve() : left++);
  await client.subscribeAsync("documents", { qos: 1 });
  await client.publishAsync("documents", new Uint8Array(), { qos: 1 });
  await promise;
  await client.endAsync();
  await serve(left, {});
} else {
  // A session that the broker keeps messages for while nobody is connected.
  const client = await connect("kept", false);
  await client.subscribeAsync("documents", { qos: 1 });
  await client.endAsync();
  await serve(null, {});
}
