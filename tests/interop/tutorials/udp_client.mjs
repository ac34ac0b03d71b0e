// The tutorial's UDP client for Node.js: sends each text as a datagram and prints the answer.
//
// Usage: node udp_client.mjs HOST PORT TEXT ...
import dgram from "node:dgram";
import { isIPv6 } from "node:net";
import process from "node:process";

const [host, port, ...texts] = process.argv.slice(2);
const socket = dgram.createSocket(isIPv6(host) ? "udp6" : "udp4");

socket.on("message", (answer) => {
  console.log(String(answer));
  next();
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});

function next() {
  const text = texts.shift();
  if (text === undefined) socket.close();
  else socket.send(text, Number(port), host);
}

next();
