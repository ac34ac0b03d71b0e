import { assertEquals } from "@std/assert";
import { dialRaw, waitRaw } from "../../../lib/net/raw_socket.ts";

Deno.test("over UDP a name is tried at its next address if the first cannot be sent to", async () => {
  const waiting = await waitRaw({ protocol: "udp", host: "127.0.0.1", port: 0 });
  const { port } = waiting.local;
  // Nobody may send to all hosts without having asked for it.
  const resolve = () => Promise.resolve(["255.255.255.255", "127.0.0.1"]);
  const target = { protocol: "udp", host: "somebody", port } as const;
  const dialled = await dialRaw(target, 1_000, new AbortController().signal, resolve);
  const server = await waiting.accepted;
  try {
    await dialled.write(new Uint8Array([7]));
    assertEquals(await server.read(), new Uint8Array([7]));
    assertEquals(dialled.remote, { host: "127.0.0.1", port });
    await server.write(new Uint8Array([8]));
    assertEquals(await dialled.read(), new Uint8Array([8]));
  } finally {
    dialled.close();
    waiting.close();
  }
});
