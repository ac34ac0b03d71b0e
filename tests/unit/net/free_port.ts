import dgram from "node:dgram";

/** A UDP port of this machine that nothing has at the moment. */
export async function freeUdpPort(): Promise<number> {
  const socket = dgram.createSocket({ type: "udp6" });
  await new Promise<void>((resolve) => socket.bind(0, () => resolve()));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
