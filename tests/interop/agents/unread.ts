// A member of the group that has a board answer and reads none of the answers. Arguments: address and id of the board.
// Writes {"stalled":true} when the board has taken nothing for a second, and {"ended":true} at the end of the session.
import { openGroup } from "../../../lib/identity/group.ts";
import { StreamConnection } from "../../../lib/net/stream_connection.ts";
import { generateKeyPair } from "../../../lib/noise/key_pair.ts";
import { systemClock } from "../../../lib/platform/clock.ts";
import { systemRandom } from "../../../lib/platform/random.ts";
import { encodeMessage, type Message } from "../../../lib/protocol/message.ts";
import { initiate } from "../../../lib/session/handshake.ts";

/** Questions in one record. */
const PINGS = 64;
/** So long without progress a write is stuck. */
const STUCK_MS = 1_000;

const [hostname, id] = Deno.args as [string, string];
const remote = { host: hostname, port: 3333 };
const connection = new StreamConnection(await Deno.connect({ hostname, port: remote.port }), remote);
const payload = {
  name: "unread",
  kind: "linux",
  boot: 1,
  app: "test/1",
  rx: 65_535,
  window: 1024,
  brief: false,
};
const identity = { keyPair: generateKeyPair(systemRandom), group: openGroup("earshot"), payload };
const { framed, send } = await initiate(connection, identity, id, systemClock);

/** Frames as one record. */
function record(messages: readonly Message[]): Uint8Array {
  const frames = messages.map((message) => encodeMessage(message));
  return send.encryptWithAd(new Uint8Array(), new Uint8Array(frames.flatMap((frame) => [...frame])));
}

const pings = Array.from({ length: PINGS }, (_, n): Message => ({ type: "ping", n }));
let stuck: ReturnType<typeof setTimeout> | undefined;
try {
  for (;;) {
    stuck = setTimeout(() => console.log(JSON.stringify({ stalled: true })), STUCK_MS);
    await framed.write([record(pings)]);
    clearTimeout(stuck);
  }
} catch {
  clearTimeout(stuck);
  console.log(JSON.stringify({ ended: true }));
}
