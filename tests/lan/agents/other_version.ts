// Announces itself from the given address to everybody as a later version of Earshot would, again and again.
import dgram from "node:dgram";

const socket = dgram.createSocket("udp4");
await new Promise<void>((resolve) => socket.bind(0, resolve));
socket.setMulticastInterface(Deno.args[0]!);
setInterval(() => socket.send("ES2.{}", 3333, "239.255.83.72", () => {}), 200);
