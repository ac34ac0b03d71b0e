// Speaks for somebody else's id, on the interface with the address given: says hello as another start of that peer would,
// and answers whatever is asked, with a name and a port of its own.
import dgram from "node:dgram";
import { decodeAnnouncement, encodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { GROUPS } from "../../../lib/net/shared_binds.ts";

const [id, address, name] = Deno.args as [string, string, string];
const boot = 7;
let seq = 1_000;
const shared = dgram.createSocket({ type: "udp4", reuseAddr: true });
await new Promise<void>((resolve) => shared.bind({ port: 3333, address: GROUPS[4] }, resolve));
shared.addMembership(GROUPS[4], address);
const own = dgram.createSocket("udp4");
await new Promise<void>((resolve) => own.bind({ port: 0, address }, resolve));
own.setMulticastInterface(address);

function say(echo: string | undefined, port: number, host: string): void {
  own.send(
    encodeAnnouncement({
      t: "hello",
      id,
      name,
      group: "earshot",
      kind: "linux",
      boot,
      seq: ++seq,
      port: 9,
      every: 1000,
      echo,
    }),
    port,
    host,
  );
}

let answered = 0;
for (const socket of [shared, own]) {
  socket.on("message", (data, from) => {
    const { t, nonce, id: asker } = decodeAnnouncement(new Uint8Array(data));
    if (t !== "ask" || asker === id) return;
    say(nonce, from.port, from.address);
    if (++answered === 1) console.log("answered");
  });
}
say(undefined, 3333, GROUPS[4]);
setInterval(() => say(undefined, 3333, GROUPS[4]), 500);
console.log("speaking");
