// A peer of an older release on eth0: it is found, takes sessions and acknowledges nothing; it knows no features.
import { Discovery } from "../../../lib/discovery/discovery.ts";
import { openGroup } from "../../../lib/identity/group.ts";
import { nodeId } from "../../../lib/identity/node_id.ts";
import { TcpNet } from "../../../lib/net/tcp.ts";
import { UdpNet } from "../../../lib/net/udp.ts";
import { generateKeyPair } from "../../../lib/noise/key_pair.ts";
import { systemClock } from "../../../lib/platform/clock.ts";
import { systemRandom } from "../../../lib/platform/random.ts";
import { Sessions } from "../../../lib/session/sessions.ts";

const keyPair = generateKeyPair();
const id = nodeId(keyPair.publicKey);
const group = openGroup("earshot");
const base = { clock: systemClock, random: systemRandom };
const self = { id, name: "bert", kind: "linux", boot: 7, port: 3333 };
const payload = { ...self, app: "earshot/0.0.1", rx: 65_535, window: 16 };
const streams = new TcpNet();
const sessions = new Sessions({
  ...base,
  id,
  identity: { keyPair, group, payload },
  streams,
  isKnown: () => false,
});
sessions.start({
  addressesOf: () => [],
  wantsSession: () => false,
  keeps: () => true,
  traffic: {
    received: () => {},
    nextFrame: () => undefined,
    drained: () => undefined,
    unacknowledged: () => false,
  },
});
sessions.answer();
await streams.listen([self.port], (connection) => void sessions.accept(connection));
const net = new UdpNet({ interfaces: ["eth0"], clock: systemClock });
const discovery = new Discovery({
  ...base,
  self,
  group,
  net,
  session: () => undefined,
  isKnown: () => false,
});
await discovery.start();
console.log("up");
