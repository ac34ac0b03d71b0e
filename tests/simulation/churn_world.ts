import { AwaitedAnswers } from "../../lib/delivery/awaited_answers.ts";
import { Delivery } from "../../lib/delivery/delivery.ts";
import { Policy } from "../../lib/delivery/policy.ts";
import { Discovery } from "../../lib/discovery/discovery.ts";
import { openGroup } from "../../lib/identity/group.ts";
import { TrustBook } from "../../lib/identity/trust_book.ts";
import { Answerer } from "../../lib/peer/answerer.ts";
import { Asker } from "../../lib/peer/asker.ts";
import { wire } from "../../lib/peer/assemble.ts";
import { Caller } from "../../lib/peer/caller.ts";
import { Dialer } from "../../lib/peer/dialer.ts";
import { PeerDirectory } from "../../lib/peer/directory.ts";
import { EventHub } from "../../lib/peer/event_hub.ts";
import { Messenger } from "../../lib/peer/messenger.ts";
import { Ways, type WaysOptions } from "../../lib/peer/ways.ts";
import { Sessions } from "../../lib/session/sessions.ts";
import type { Spool } from "../../lib/storage/files/spool.ts";
import type { Storage } from "../../lib/storage/storage.ts";
import { settle } from "../support/fake_clock.ts";
import { FakeStreamWorld } from "../support/fake_streams.ts";
import { SessionNode, testIdentity } from "../support/session_node.ts";
import { Simulation } from "./discovery_world.ts";

const GROUP = openGroup("earshot");
const HOST = "10.0.0.1";
const PORT = 3333;
/** Seconds. */
const STEP = 0.5;

/** A whole peer on networks in memory, wired as every peer is; its store takes everything and remembers nothing. */
export class ChurnedPeer implements Disposable {
  readonly sim = new Simulation();
  readonly streams = new FakeStreamWorld();
  readonly sessions: Sessions;
  readonly discovery: Discovery;
  readonly delivery: Delivery;
  readonly messenger: Messenger;
  readonly #state = Deno.makeTempDirSync({ prefix: "earshot-churn-" });
  readonly #host;

  private constructor(trust: TrustBook) {
    const { clock, random } = this.sim;
    const { id, identity } = testIdentity(random, { name: "host" });
    const brief = false;
    const self = { id, name: "host", kind: "linux", boot: identity.payload.boot, port: PORT };
    const hub = new EventHub(() => clock.wall());
    hub.on(() => {});
    this.#host = this.sim.host();
    const datagrams = Object.assign(this.#host.net(), { on: () => {} });
    const streams = this.streams.host(HOST);
    const isKnown = (peer: string) => trust.isKnown(peer);
    const sessions = this.sessions = new Sessions({ id, identity, streams, clock, random, isKnown });
    const discovery = this.discovery = new Discovery({
      self,
      net: datagrams,
      clock,
      random,
      group: GROUP,
      session: (peer) => sessions.get(peer),
      isKnown,
    });
    const directory = new PeerDirectory(discovery, trust, hub, clock, brief, self);
    const awaited = new AwaitedAnswers();
    const storage = forgetfulStore(() => clock.now());
    const spool = {} as Spool;
    const delivery = this.delivery = new Delivery({
      storage,
      spool,
      policy: new Policy(trust, "everyone", 1e6, awaited),
      awaited,
      clock,
      brief,
      nameOf: (peer) => directory.ref(peer).name,
      isKnown,
    });
    const outboxMs = 60_000;
    const context = { delivery, directory, trust, hub, storage, spool, clock, outboxMs };
    const messenger = this.messenger = new Messenger(context);
    const dialer = new Dialer(sessions, delivery, hub, brief);
    const settings = { brief, peers: [], paths: { state: this.#state } };
    const ground = { settings, id, group: GROUP, clock, random, hub, trust, storage };
    const ways = new Ways({ ...ground, sessions, discovery, directory } as unknown as WaysOptions);
    const parts = {
      ...ground,
      ...{
        datagrams,
        tcp: { rescan: () => {} },
        sessions,
        discovery,
        directory,
        delivery,
        messenger,
        dialer,
        ways,
      },
      asker: new Asker({ ...context, messenger }),
      answerer: new Answerer({ ...context, isBlocked: () => false, info: () => ({}) }),
      caller: new Caller({ discovery, sessions, streams, clock, port: PORT, ports: [PORT] }),
      door: { said: () => {} },
    };
    wire(parts as unknown as Parameters<typeof wire>[0]);
    sessions.start({
      addressesOf: (peer) => directory.addressesOf(peer),
      wantsSession: (peer) => dialer.wantsSession(peer),
      keeps: (session) => ways.keeps(session),
      traffic: ways.around(delivery),
    });
    void discovery.start();
    void streams.listen([PORT], (connection) => void sessions.accept(connection));
    delivery.start();
    ways.start();
    sessions.answer();
  }

  /** Starts the peer. */
  static async start(): Promise<ChurnedPeer> {
    const nothing = () => Promise.resolve();
    const store = { known: () => Promise.resolve([]), putKnown: nothing, forgetKnown: nothing };
    return new ChurnedPeer(
      await TrustBook.load(store, { now: () => 0, wall: () => 0, after: () => ({ cancel() {} }) }),
    );
  }

  /** Lets seconds pass; what is promised is kept in steps of half a second. */
  async pass(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= STEP) {
      this.sim.run(Math.min(STEP, left));
      await settle();
    }
  }

  /** A new peer announces itself from an address of its own, where nobody accepts a connection. Returns its id. */
  announce(n: number): string {
    const id = this.sim.id();
    const to = { host: this.#host.net().links[0]!.addresses[0]!, port: PORT };
    const from = `10.${66 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    this.sim.forge(from, { id, name: `visitor-${n}`, every: 10 }, to);
    return id;
  }

  /** A new peer dials us, says something, hears what we say, and leaves. */
  async visit(n: number): Promise<void> {
    const { clock, random } = this.sim;
    const visitor = new SessionNode(this.streams, `10.99.${n >> 8}.${n & 255}`, clock, random);
    await visitor.sessions.meet([{ host: HOST, port: PORT }]);
    if (visitor.log.length === 0) throw new Error("no session");
    await this.pass(0.1);
    void this.messenger.say("hello", { to: [visitor.id], timeout: 50 });
    await this.pass(0.1);
    const closing = visitor.sessions.close();
    await this.pass(1.5);
    await closing;
    // Its end of the connection is all that the world has of it.
    this.streams.connections.length = 0;
  }

  [Symbol.dispose](): void {
    this.delivery.close();
    Deno.removeSync(this.#state, { recursive: true });
  }
}

function forgetfulStore(lived: () => number): Storage {
  const nothing = () => Promise.resolve();
  const none = () => Promise.resolve([]);
  const store: unknown = {
    lived,
    receive: () => Promise.resolve({ saved: true, duplicate: false }),
    waiting: none,
    overdueRecipients: none,
    bodies: () => Promise.resolve(new Map()),
    enqueue: nothing,
    settle: nothing,
    noteSent: nothing,
  };
  return store as Storage;
}
