// A UDP server as Node.js tutorials have it: each datagram is printed and answered with "Ok!".
//
//     node udp_ok.mjs [PORT]

import dgram from "node:dgram";

const server = dgram.createSocket("udp4");
server.on("message", (message, { address, port }) => {
  console.log(`got ${message}`);
  server.send("Ok!", port, address);
});
server.bind(Number(process.argv[2] ?? 3333), () => console.log(`listening on ${server.address().port}`));
