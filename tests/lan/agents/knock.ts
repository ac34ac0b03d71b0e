// Knocks at a peer's TCP port as somebody without its join code would, and writes for each way how many bytes came back:
// {"way":"…","bytes":0}. Arguments: address, port, name of the group.
import { openGroup } from "../../../lib/identity/group.ts";
import { newJoinCode, parseJoinCode } from "../../../lib/identity/join_code.ts";
import { HandshakeState } from "../../../lib/noise/handshake_state.ts";
import { generateKeyPair } from "../../../lib/noise/key_pair.ts";
import { SESSION_MAGIC } from "../../../lib/protocol/limits.ts";

const [hostname, port, name] = Deno.args as [string, string, string];

function concat(...parts: (string | Uint8Array)[]): Uint8Array {
  const bytes = parts.map((part) => typeof part === "string" ? new TextEncoder().encode(part) : part);
  return new Uint8Array(bytes.flatMap((part) => [...part]));
}

function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Preface and first message of a handshake, with its length. */
function opening({ sessionKey }: { sessionKey?: Uint8Array }): Uint8Array {
  const message = new HandshakeState({
    initiator: true,
    prologue: new TextEncoder().encode(`earshot/1 ${name}`),
    staticKey: generateKeyPair(),
    psks: sessionKey && new Map([[0, sessionKey], [3, sessionKey]]),
  }).writeMessage(new Uint8Array());
  return concat(SESSION_MAGIC, new Uint8Array([message.length >> 8, message.length & 255]), message);
}

/** What could make a peer answer: told that no more will come, it has no reason to wait. */
const openings: Record<string, Uint8Array> = {
  "first message of an open group": opening(openGroup(name)),
  "first message of an open group, then garbage": concat(opening(openGroup(name)), random(5_000)),
  "first message with another code": opening(parseJoinCode(newJoinCode(name, random(16)))),
};
const others: Record<string, Uint8Array> = {
  "preface": concat(SESSION_MAGIC),
  "preface, then garbage": concat(SESSION_MAGIC, random(5_000)),
  "preface, then the longest message, which never comes": concat(
    SESSION_MAGIC,
    new Uint8Array([255, 255, 0]),
  ),
  "half a preface": concat("ES"),
  "a browser": concat("GET / HTTP/1.1\r\nHost: anna\r\n\r\n"),
  "a line of text": concat("hello\n"),
  "garbage": random(20_000),
  "nothing": new Uint8Array(),
};

async function knock(way: string, data: Uint8Array, more: boolean): Promise<void> {
  using connection = await Deno.connect({ hostname, port: Number(port) });
  let bytes = 0;
  try {
    for (let at = 0; at < data.length;) at += await connection.write(data.subarray(at));
    if (!more) await connection.closeWrite();
    const buffer = new Uint8Array(1_024);
    for (let n; (n = await connection.read(buffer)) !== null;) bytes += n;
  } catch { /* hung up on with data unread */ }
  console.log(JSON.stringify({ way, bytes }));
}

// No more at a time than an address may have unfinished.
for (const [ways, more] of [[openings, false], [others, true]] as const) {
  await Promise.all(Object.entries(ways).map(([way, data]) => knock(way, data, more)));
}
