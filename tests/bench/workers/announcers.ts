// Announces many peers that are not there, each from an address of its own on loopback: `announcers.ts GROUP COUNT`.

import { createSocket } from "node:dgram";
import { periodOf } from "../../../lib/discovery/announcer.ts";
import { encodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { encodeBase32 } from "../../../lib/protocol/base32.ts";
import { EARSHOT_PORT, GROUP_IPV4 } from "../../../lib/protocol/limits.ts";
import { serve } from "../harness/serve.ts";

const LOOPBACK = "127.0.0.1";
/** A pause so that no socket's buffer overflows, milliseconds; and what is sent before it. */
const PAUSE = 20;
const BURST = 10;

const [group, count] = Deno.args as [string, string];
const announced = Array.from({ length: Number(count) }, (_, i) => ({
  id: encodeBase32(crypto.getRandomValues(new Uint8Array(15))),
  name: `peer-${i}`,
  // A host of its own for each: many peers of one host would be taken for a flood.
  host: `127.1.${i >> 8}.${i & 255}`,
  boot: crypto.getRandomValues(new Uint32Array(1))[0]!,
  seq: 0,
}));
const every = Math.ceil(periodOf(announced.length));
const socket = createSocket({ type: "udp4", reuseAddr: true });
await new Promise<void>((resolve) => socket.bind(EARSHOT_PORT, GROUP_IPV4, resolve));
socket.addMembership(GROUP_IPV4, LOOPBACK);
let heard = 0;
socket.on("message", () => heard++);

async function announce(n: number): Promise<void> {
  const peer = announced[n % announced.length]!;
  const { id, name, boot, host } = peer;
  const said = { t: "hello", group, kind: "linux", port: EARSHOT_PORT, every } as const;
  const datagram = encodeAnnouncement({ ...said, id, name, boot, seq: ++peer.seq });
  const sender = createSocket("udp4");
  await new Promise<void>((resolve) => sender.bind(0, host, resolve));
  sender.setMulticastInterface(LOOPBACK);
  await new Promise((resolve) => sender.send(datagram, EARSHOT_PORT, GROUP_IPV4, resolve));
  sender.close();
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let introduced = false;
let next = 0;
await serve(null, {
  introduce: async () => {
    for (let n = 0; n < announced.length; n++) {
      await announce(n);
      if (n % BURST === BURST - 1) await pause(PAUSE);
    }
    introduced = true;
  },
  /** Announces as the peers would that were introduced; tells what was sent, and what came from others. */
  watch: async (seconds: number) => {
    const before = heard;
    let sent = 0;
    for (const begin = performance.now(), end = begin + seconds * 1_000; performance.now() < end;) {
      const due = introduced ? Math.floor((performance.now() - begin) / 1_000 * announced.length / every) : 0;
      for (; sent < due; sent++) await announce(next++);
      await pause(PAUSE);
    }
    // What this process sends to the group comes back to it.
    return { sent, heard: heard - before - sent };
  },
});
