import { nodeId } from "../../lib/identity/node_id.ts";
import { type Group, openGroup } from "../../lib/identity/group.ts";
import type { Address } from "../../lib/net/types.ts";
import { generateKeyPair } from "../../lib/noise/key_pair.ts";
import type { Random } from "../../lib/platform/random.ts";
import type { HandshakePayload } from "../../lib/protocol/handshake_payload.ts";
import { encodeMessage, type Message } from "../../lib/protocol/message.ts";
import type { HandshakeIdentity } from "../../lib/session/handshake.ts";
import { failureText } from "../../lib/session/dial_failure.ts";
import type { Session, SessionTraffic } from "../../lib/session/session.ts";
import { type SessionEvent, Sessions } from "../../lib/session/sessions.ts";
import type { FakeClock } from "./fake_clock.ts";
import type { FakeStreamWorld } from "./fake_streams.ts";

/** An identity for tests. */
export function testIdentity(
  random: Random,
  payload: Partial<HandshakePayload> = {},
  group: Group = openGroup("earshot"),
): {
  id: string;
  identity: HandshakeIdentity;
} {
  const keyPair = generateKeyPair(random);
  return {
    id: nodeId(keyPair.publicKey),
    identity: {
      keyPair,
      group,
      payload: {
        name: "test",
        kind: "linux",
        boot: random.u32(),
        app: "test/1",
        rx: 65_535,
        window: 1024,
        brief: false,
        ...payload,
      },
    },
  };
}

/** A set of sessions with an owner that writes down what happens, on a host of a fake network. */
export class SessionNode implements SessionTraffic {
  readonly sessions: Sessions;
  readonly log: string[] = [];
  readonly messages: { from: string; message: Message }[] = [];
  /** What waits to be sent, by peer. */
  readonly queue = new Map<string, Message[]>();
  readonly addresses = new Map<string, Address[]>();
  readonly wanted = new Set<string>();
  readonly unacked = new Set<string>();
  readonly known = new Set<string>();
  /** Peers whose sessions stay although nothing is said. */
  readonly kept = new Set<string>();
  readonly id: string;

  constructor(
    world: FakeStreamWorld,
    readonly host: string,
    clock: FakeClock,
    random: Random,
    who = testIdentity(random),
    limit?: number,
  ) {
    this.id = who.id;
    const streams = world.host(host);
    this.sessions = new Sessions({
      id: who.id,
      identity: who.identity,
      streams,
      clock,
      random,
      isKnown: (id) => this.known.has(id),
      limit,
    });
    this.sessions.on((event) => this.#happened(event));
    this.sessions.start({
      addressesOf: (id) => this.addresses.get(id) ?? [],
      wantsSession: (id) => this.wanted.has(id),
      keeps: (session) => this.kept.has(session.id),
      traffic: this,
    });
    this.sessions.answer();
    void streams.listen([3333], (connection) => void this.sessions.accept(connection));
  }

  /** Tells this node where another one is. */
  knows(other: SessionNode, ...hosts: string[]): void {
    this.addresses.set(
      other.id,
      (hosts.length > 0 ? hosts : [other.host]).map((host) => ({ host, port: 3333 })),
    );
  }

  /** Queues a message, and makes sure of a session. */
  send(to: SessionNode, message: Message): void {
    this.wanted.add(to.id);
    this.queue.set(to.id, [...this.queue.get(to.id) ?? [], message]);
    this.sessions.connect(to.id);
  }

  attached(session: Session): void {
    this.log.push(`attached ${session.initiator ? "dialled" : "accepted"}`);
    session.wake();
  }

  #happened(event: SessionEvent): void {
    switch (event.type) {
      case "attached":
        return this.attached(event.session);
      case "detached":
        return void this.log.push(`detached ${event.why}`);
      case "ended":
        return void this.log.push(
          this.sessions.get(event.session.id) ? "ended, another goes on" : "ended, none goes on",
        );
      case "unreachable":
        return void this.log.push(`unreachable ${event.failures.map(failureText).join("; ")}`);
      case "fault":
        return void this.log.push(`failed ${event.error}`);
    }
  }

  received(session: Session, message: Message): void {
    this.messages.push({ from: session.id, message });
  }

  nextFrame(session: Session): Uint8Array | undefined {
    const message = this.queue.get(session.id)?.shift();
    return message && encodeMessage(message);
  }

  drained(): Promise<void> | undefined {
    return undefined;
  }

  unacknowledged(session: Session): boolean {
    return this.unacked.has(session.id);
  }
}
