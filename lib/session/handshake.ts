import { nodeId } from "../identity/node_id.ts";
import type { Group } from "../identity/group.ts";
import type { Connection } from "../net/types.ts";
import type { CipherState } from "../noise/cipher_state.ts";
import { HandshakeState } from "../noise/handshake_state.ts";
import type { KeyPair } from "../noise/key_pair.ts";
import { NoiseError } from "../noise/noise_error.ts";
import type { Clock } from "../platform/clock.ts";
import { isSystemError } from "../platform/trouble.ts";
import {
  decodeHandshakePayload,
  encodeHandshakePayload,
  type HandshakePayload,
} from "../protocol/handshake_payload.ts";
import { SESSION_MAGIC } from "../protocol/limits.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { FramedConnection } from "./framed_connection.ts";

/** Limit for a whole handshake, milliseconds. */
export const HANDSHAKE_LIMIT_MS = 5_000;
/** How long first messages are remembered, milliseconds, and how many. */
const SEEN_MS = 10 * 60_000;
const SEEN_MAX = 65_536;

const PREFACE = new TextEncoder().encode(SESSION_MAGIC);
const NOTHING = new Uint8Array();

/** Our identity in every handshake. */
export interface HandshakeIdentity {
  readonly keyPair: KeyPair;
  readonly group: Group;
  readonly payload: HandshakePayload;
}

/** Result of a finished handshake: a proven peer and the keys of the session. */
export interface SecureChannel {
  readonly framed: FramedConnection;
  readonly send: CipherState;
  readonly receive: CipherState;
  /** Full id, proven by its static key. */
  readonly remoteId: string;
  readonly remote: HandshakePayload;
  /** True if we dialled. */
  readonly initiator: boolean;
}

/** Reason why a handshake ended without a session. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";

  constructor(message: string, readonly reason?: "somebody else") {
    super(message);
  }
}

/** Tells whether an error is a fault of this program. Neither bad data from a peer nor a failed connection is one. */
export function isFault(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  if (error instanceof HandshakeError || error instanceof ProtocolError || error instanceof NoiseError) {
    return false;
  }
  return !isSystemError(error);
}

/**
 * Dials through an open connection (PROTOCOL.md 2.8 and 3.8). On any failure the connection is closed.
 *
 * @param expected the only peer that is accepted, or the function that tells whether a proven one is
 * @param claim called once the other side has proven its id; if it returns false (another address was faster), nothing
 *   more is sent
 */
export function initiate(
  connection: Connection,
  identity: HandshakeIdentity,
  expected: string | ((id: string) => boolean),
  clock: Clock,
  claim: () => boolean = () => true,
): Promise<SecureChannel> {
  return limited(connection, clock, async () => {
    const framed = new FramedConnection(connection);
    const noise = noiseState(identity, true);
    await framed.write([noise.writeMessage(NOTHING)], PREFACE);
    const remote = decodeHandshakePayload(noise.readMessage(await expectMessage(framed)));
    const remoteId = nodeId(noise.remoteStatic!);
    const isExpected = typeof expected === "string" ? remoteId === expected : expected(remoteId);
    if (!isExpected) throw new HandshakeError("somebody else answered", "somebody else");
    if (!claim()) throw new HandshakeError("another address was faster");
    await framed.write([noise.writeMessage(encodeHandshakePayload(identity.payload))]);
    return { framed, ...noise.split(), remoteId, remote, initiator: true };
  });
}

/**
 * Answers an accepted connection. On any failure the connection is closed. In a closed group, a peer without the join
 * code receives nothing, unless it replays a member's first message that is not in `seen`; it cannot read that answer.
 */
export function respond(
  connection: Connection,
  identity: HandshakeIdentity,
  seen: SeenEphemerals,
  clock: Clock,
): Promise<SecureChannel> {
  return limited(connection, clock, async () => {
    const framed = new FramedConnection(connection);
    const preface = await framed.readPreface(PREFACE.length);
    if (!preface?.every((byte, i) => byte === PREFACE[i])) throw new HandshakeError("not a session");
    const noise = noiseState(identity, false);
    noise.readMessage(await expectMessage(framed));
    if (!seen.add(noise.remoteEphemeral!)) throw new HandshakeError("a repeated first message");
    await framed.write([noise.writeMessage(encodeHandshakePayload(identity.payload))]);
    const remote = decodeHandshakePayload(noise.readMessage(await expectMessage(framed)));
    const remoteId = nodeId(noise.remoteStatic!);
    return { framed, ...noise.split(), remoteId, remote, initiator: false };
  });
}

/** First messages of handshakes seen in the last ten minutes (at most 65 536), so that a replay is refused. */
export class SeenEphemerals {
  /** Key in hex → when it was seen; oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Notes an ephemeral public key. Returns false if it was seen before. */
  add(key: Uint8Array): boolean {
    const now = this.clock.now();
    for (const [old, at] of this.#seen) {
      if (now - at < SEEN_MS && this.#seen.size < SEEN_MAX) break;
      this.#seen.delete(old);
    }
    const hex = key.toHex();
    if (this.#seen.has(hex)) return false;
    this.#seen.set(hex, now);
    return true;
  }
}

function noiseState({ keyPair, group }: HandshakeIdentity, initiator: boolean): HandshakeState {
  return new HandshakeState({
    initiator,
    prologue: new TextEncoder().encode(`earshot/1 ${group.name}`),
    staticKey: keyPair,
    psks: group.sessionKey ? new Map([[0, group.sessionKey], [3, group.sessionKey]]) : undefined,
  });
}

async function expectMessage(framed: FramedConnection): Promise<Uint8Array> {
  const message = await framed.read();
  if (!message) throw new HandshakeError("the other side hung up");
  return message;
}

async function limited(
  connection: Connection,
  clock: Clock,
  work: () => Promise<SecureChannel>,
): Promise<SecureChannel> {
  // A read that waits for a silent peer ends only when the connection is closed.
  const timer = clock.after(HANDSHAKE_LIMIT_MS, () => connection.close());
  try {
    const channel = await work();
    channel.framed.expectRecords();
    return channel;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    timer.cancel();
  }
}
