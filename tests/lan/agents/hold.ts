// Has UDP port 3333 of every address for itself, as a program that does not share it.
import dgram from "node:dgram";

const sockets = [["udp4", "0.0.0.0"], ["udp6", "::"]] as const;
for (const [type, address] of sockets) {
  const socket = dgram.createSocket({ type, ipv6Only: type === "udp6" });
  await new Promise<void>((resolve) => socket.bind({ port: 3333, address }, resolve));
}
console.log("held");
setInterval(() => {}, 60_000);
