// Hears what anybody on the network of eth0 can hear: writes each datagram of Earshot's groups as a line, its bytes as
// characters of the same numbers, in JSON.
// Argument: the host's IPv4 address on eth0.
import dgram from "node:dgram";
import { EARSHOT_PORT, GROUP_IPV4, GROUP_IPV6 } from "../../../lib/protocol/limits.ts";

async function hear(type: "udp4" | "udp6", group: string, through: string): Promise<void> {
  const socket = dgram.createSocket({ type, reuseAddr: true, ipv6Only: type === "udp6" });
  socket.on("message", (data) => console.log(JSON.stringify({ heard: data.toString("latin1") })));
  await new Promise<void>((resolve) => socket.bind(EARSHOT_PORT, resolve));
  socket.addMembership(group, through);
}

await hear("udp4", GROUP_IPV4, Deno.args[0]!);
await hear("udp6", GROUP_IPV6, "::%eth0");
console.log("ready");
