import { assertEquals, assertRejects } from "@std/assert";
import { dialRaw, waitRaw } from "../../../lib/net/raw_socket.ts";
import { addressesOfHost } from "../../../lib/net/resolve.ts";
import { ExitCode, UserError } from "../../../lib/platform/user_error.ts";

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

Deno.test("dialling ends in its time even if the system looks for a name without end", async () => {
  const target = { protocol: "tcp", host: "somebody", port: 7 } as const;
  const never = (host: string, timeout: number) =>
    addressesOfHost(host, timeout, () => new Promise<string[]>(() => {}));
  const error = await assertRejects(
    () => dialRaw(target, 20, new AbortController().signal, never),
    UserError,
    'The addresses of "somebody" were not found in time',
  );
  assertEquals(error.exitCode, ExitCode.nobody);
});
