// A member of a closed group that lies: dials a peer, and tells it every second of 32 members that do not exist, at the
// address of somebody else and at addresses on the internet. Arguments: join code, address of the peer, of the other.
import { parseJoinCode } from "../../../lib/identity/join_code.ts";
import { nodeId } from "../../../lib/identity/node_id.ts";
import { TcpNet } from "../../../lib/net/tcp.ts";
import { generateKeyPair } from "../../../lib/noise/key_pair.ts";
import { systemClock } from "../../../lib/platform/clock.ts";
import { systemRandom } from "../../../lib/platform/random.ts";
import { encodeBase32 } from "../../../lib/protocol/base32.ts";
import { encodeMessage } from "../../../lib/protocol/message.ts";
import { Sessions } from "../../../lib/session/sessions.ts";

const [code, peer, other] = Deno.args as [string, string, string];
const keyPair = generateKeyPair();
const payload = { name: "liar", kind: "linux", boot: 1, app: "liar/1", rx: 65_535, window: 16, can: "peers" };
const sessions = new Sessions({
  id: nodeId(keyPair.publicKey),
  identity: { keyPair, group: parseJoinCode(code), payload },
  streams: new TcpNet(),
  clock: systemClock,
  random: systemRandom,
  isKnown: () => false,
});
let due = false;
let port = 4_000;

/** A list of members that nobody ever was. */
function lies(): Uint8Array {
  const peers = Array.from({ length: 32 }, (_, i) => ({
    id: encodeBase32(systemRandom.bytes(15)),
    name: "nobody",
    kind: "linux",
    address: i % 4 === 0 ? `8.8.8.${i}` : other,
    port: port++,
    age: 0,
  }));
  return encodeMessage({ type: "peers", peers });
}

sessions.start({
  addressesOf: () => [],
  wantsSession: () => false,
  keeps: () => true,
  traffic: {
    received: () => {},
    nextFrame: () => due ? (due = false, lies()) : undefined,
    drained: () => undefined,
    unacknowledged: () => true,
  },
});
const met = await sessions.meet([{ host: peer, port: 3333 }]);
if (!("id" in met)) throw new Error(JSON.stringify(met));
console.log("met");
for (let told = 1;; told++) {
  due = true;
  sessions.get(met.id)!.wake();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  console.log(`told ${told}`);
}
