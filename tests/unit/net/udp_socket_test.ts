import { assert, assertEquals } from "@std/assert";
import { UdpSocket } from "../../../lib/net/udp_socket.ts";
import { patient } from "../../support/patience.ts";

Deno.test("what arrives takes no memory beyond its own length: the receive buffers do not wait to be collected", async () => {
  const got: Uint8Array[] = [];
  const rest = { family: 4, host: "127.0.0.1", port: 0, failed: () => {} } as const;
  let arrived = Promise.withResolvers<void>();
  const received = (data: Uint8Array) => {
    got.push(data);
    arrived.resolve();
  };
  const to = await UdpSocket.open({ ...rest, received });
  const from = await UdpSocket.open({ ...rest, received: () => {} });
  try {
    const data = new Uint8Array(200).fill(7);
    const before = Deno.memoryUsage().external;
    let most = 0;
    for (let i = 1; i <= 300; i++) {
      from.send(data, to.local, () => {});
      await patient(arrived.promise, () => `datagram ${i}`);
      arrived = Promise.withResolvers();
      most = Math.max(most, Deno.memoryUsage().external - before);
    }
    assert(got.every((each) => each.length === 200 && each.every((byte) => byte === 7)));
    assertEquals(got[0]!.buffer.byteLength, 200);
    assert(most < 2 ** 20, `${most} bytes more`);
  } finally {
    await to.close();
    await from.close();
  }
});

Deno.test("the system has what was sent once sent() resolves", async () => {
  const rest = { family: 4, host: "127.0.0.1", port: 0, received: () => {}, failed: () => {} } as const;
  const socket = await UdpSocket.open(rest);
  try {
    await socket.sent();
    for (const round of [1, 2]) {
      let taken = 0;
      for (let i = 0; i < 3; i++) {
        socket.send(new Uint8Array(round), socket.local, (isTaken) => taken += Number(isTaken));
      }
      assertEquals(taken, 0);
      await patient(socket.sent(), () => `round ${round}`);
      assertEquals(taken, 3);
    }
  } finally {
    await socket.close();
  }
});

Deno.test("a datagram goes to an address, and to a host by its name", async () => {
  const rest = { family: 4, host: "127.0.0.1", port: 0, failed: () => {} } as const;
  const heard: number[] = [];
  const all = Promise.withResolvers<void>();
  const to = await UdpSocket.open({
    ...rest,
    received: (data) => heard.push(data[0]!) === 2 && all.resolve(),
  });
  const from = await UdpSocket.open({ ...rest, received: () => {} });
  try {
    const { port } = to.local;
    const nowhere = Promise.withResolvers<boolean>();
    from.send(Uint8Array.of(1), { host: "127.0.0.1", port }, () => {});
    from.send(Uint8Array.of(2), { host: "localhost", port }, () => {});
    from.send(Uint8Array.of(3), { host: "none.invalid", port }, nowhere.resolve);
    await patient(all.promise, () => `only ${heard}`);
    assertEquals(heard.toSorted(), [1, 2]);
    assertEquals(await nowhere.promise, false);
  } finally {
    await from.close();
    await to.close();
  }
});
