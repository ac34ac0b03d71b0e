// Sends garbage to every port of a host, round after round, until it is killed or 200 rounds are over, and writes the
// number of each round when it is done. Arguments: the target's IPv4 and IPv6 address, its TCP port, a seed.
import dgram from "node:dgram";
import { encodeAnnouncement } from "../../../lib/protocol/announcement.ts";
import { EARSHOT_PORT, GROUP_IPV4, GROUP_IPV6, SESSION_MAGIC } from "../../../lib/protocol/limits.ts";
import { mutate } from "../../support/mutate.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const [ipv4, ipv6, tcp, seed] = Deno.args as [string, string, string, string];
const random = new SeededRandom(Number(seed));
const ROUNDS = 200;
const DATAGRAMS = 400;
const CONNECTIONS = 20;
/** Connections that are open at once. */
const OPEN_MAX = 100;
/** Most of what a UDP datagram can hold: it travels in many fragments. */
const OVERSIZED = 60_000;

const announcements = (["hello", "ask", "bye"] as const).map((t) =>
  encodeAnnouncement({
    ...{
      t,
      id: "a".repeat(24),
      name: "pest",
      group: "earshot",
      kind: "linux",
      boot: 1,
      seq: 1,
      port: 9,
      every: 10,
    },
    nonce: t === "ask" ? "aaaaaaaaaaaaa" : undefined,
  })
);

function datagram(): Uint8Array {
  const announcement = random.pick(announcements);
  switch (random.u32() % 4) {
    case 0:
      return announcement.subarray(0, random.u32() % announcement.length);
    case 1: {
      const bytes = mutate(random, announcements);
      // Nothing that is an announcement still: it would be a peer.
      bytes[bytes.length - 1] = 0;
      return bytes;
    }
    case 2:
      return random.bytes(random.u32() % (random.u32() % 50 === 0 ? OVERSIZED : 1_400));
    default:
      return new Uint8Array([...announcement.subarray(0, 4), ...random.bytes(random.u32() % 1_300)]);
  }
}

function sender(type: "udp4" | "udp6", through: string): Promise<dgram.Socket> {
  const socket = dgram.createSocket(type);
  return new Promise((resolve) =>
    socket.bind(0, () => {
      socket.setMulticastInterface(through);
      resolve(socket);
    })
  );
}

const own =
  Deno.networkInterfaces().find(({ name, family }) => name === "eth0" && family === "IPv4")!.address;
const udp4 = await sender("udp4", own);
const udp6 = await sender("udp6", "::%eth0");

async function sendDatagrams(): Promise<void> {
  for (let i = 0; i < DATAGRAMS; i++) {
    const [socket, host] = random.pick(
      [[udp4, GROUP_IPV4], [udp4, ipv4], [udp6, GROUP_IPV6], [udp6, ipv6]] as const,
    );
    await new Promise((resolve) => socket.send(datagram(), EARSHOT_PORT, host, resolve));
  }
}

/** What opens a connection; then it is read to its end, which the target has to bring about. */
function greeting(): Uint8Array {
  const preface = new TextEncoder().encode(SESSION_MAGIC);
  switch (random.u32() % 4) {
    case 0:
      return random.bytes(random.u32() % 100_000);
    case 1:
      return preface.subarray(0, random.u32() % 5);
    case 2: // A first message that is none, and more than anybody should keep.
      return new Uint8Array([...preface, 0, 32, ...random.bytes(random.u32() % 200_000)]);
    default:
      return new Uint8Array([...preface, 255, 255, ...random.bytes(random.u32() % 60_000)]);
  }
}

/** Opens a connection, says something on it, and leaves or waits to be hung up on. */
async function connect(): Promise<void> {
  try {
    using connection = await Deno.connect({ hostname: random.pick([ipv4, ipv6]), port: Number(tcp) });
    await connection.write(greeting());
    if (random.u32() % 2 === 0) return;
    for (const buffer = new Uint8Array(1_024); await connection.read(buffer) !== null;);
  } catch { /* hung up on */ }
}

/** Sends a byte every tenth of a second, as often as that is let. */
async function connectSlowly(): Promise<void> {
  try {
    using connection = await Deno.connect({ hostname: ipv4, port: Number(tcp) });
    for (const byte of new TextEncoder().encode(SESSION_MAGIC + "\0\x20" + "x".repeat(100))) {
      await connection.write(new Uint8Array([byte]));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch { /* hung up on */ }
}

const open = new Set<Promise<void>>();
for (let round = 1; round <= ROUNDS; round++) {
  for (let i = 0; i < CONNECTIONS; i++) {
    if (open.size >= OPEN_MAX) await Promise.race(open);
    const one: Promise<void> = (i === 0 ? connectSlowly() : connect()).finally(() => open.delete(one));
    open.add(one);
  }
  await sendDatagrams();
  console.log(`round ${round}`);
}
