import { AwaitedAnswers } from "../delivery/awaited_answers.ts";
import { Delivery, type DeliveryEvent } from "../delivery/delivery.ts";
import { Policy } from "../delivery/policy.ts";
import type { Group } from "../identity/group.ts";
import { TrustBook } from "../identity/trust_book.ts";
import { isLoopback } from "../net/addresses.ts";
import { TcpNet } from "../net/tcp.ts";
import type { Connection, Link, Listener, StreamNet } from "../net/types.ts";
import type { UdpNet } from "../net/udp.ts";
import { UserError } from "../platform/user_error.ts";
import { ASK_FEATURE, CALL_FEATURE, PEERS_FEATURE } from "../protocol/message.ts";
import { RECORD_MAX, WINDOW } from "../protocol/limits.ts";
import { type SessionEvent, Sessions } from "../session/sessions.ts";
import { Spool } from "../storage/files/spool.ts";
import { inboxTrouble } from "../storage/inbox/inbox.ts";
import { openStorage, type Storage } from "../storage/storage.ts";
import { Answerer } from "./answerer.ts";
import { Asker } from "./asker.ts";
import { Caller } from "./caller.ts";
import { Dialer } from "./dialer.ts";
import { PeerDirectory } from "./directory.ts";
import { type GatewayHost, GatewayPortTaken } from "./door.ts";
import { Entrance } from "./entrance.ts";
import type { EventHub } from "./event_hub.ts";
import { checkGateway, warnOfAbsence } from "./gateway_checks.ts";
import { machineInfo } from "./info.ts";
import { Lookout, type Self, selfOf } from "./lookout.ts";
import { Messenger } from "./messenger.ts";
import { PlainDoor } from "./plain_door.ts";
import { senderOf } from "./plain_sender.ts";
import { DAY_MS, type PeerSettings } from "./settings.ts";
import type { PeerOptions } from "./types.ts";
import { VERSION } from "./version.ts";
import { Ways } from "./ways.ts";

/** The parts of a running peer. */
export interface Parts {
  readonly settings: PeerSettings;
  readonly id: string;
  readonly group: Group;
  readonly datagrams: UdpNet;
  /** Undefined for a short-lived peer. */
  readonly listener: Listener | undefined;
  readonly directory: PeerDirectory;
  readonly delivery: Delivery;
  readonly messenger: Messenger;
  readonly asker: Asker;
  readonly answerer: Answerer;
  readonly caller: Caller;
  readonly ways: Ways;
  readonly trust: TrustBook;
  readonly storage: Storage;
  readonly hub: EventHub;
  readonly door: PlainDoor;
  /** Opens the gateway, if there is to be one. */
  openGateway(peer: GatewayHost): void;
  /** Ends everything in the right order. */
  close(): Promise<void>;
}

/** Steps that close what was opened, in the order of opening. */
type Opened = (() => void | Promise<void>)[];

/**
 * Puts a peer together and starts it. On failure everything that was opened is closed again.
 *
 * @param early of a short-lived peer, if it looks out already
 */
export async function assemble(
  settings: PeerSettings,
  options: PeerOptions,
  early?: Lookout,
): Promise<Parts> {
  const opened: Opened = [];
  if (early) opened.push(() => early.discovery.close());
  const close = async () => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  try {
    const self = early?.self ?? selfOf(settings, options);
    // A damaged identity is told before anything is made.
    void self.identity.keyPair;
    const ground = await lay(self, options, opened);
    const network = await connect(ground, options, opened, early);
    const parts = { ...ground, ...network, ...exchange(ground, network, options) };
    wire(parts);
    if (options.onAsk) parts.answerer.handle(options.onAsk);
    await start(parts, opened);
    const { entrance, door } = parts;
    const openGateway = (peer: GatewayHost) => {
      entrance?.open(options.gateway!.open(door, peer));
    };
    return { ...parts, openGateway, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lays the ground: storage and trust. */
async function lay(self: Self, options: PeerOptions, opened: Opened) {
  const { settings: { brief, paths, keepDays, keepSize, quota }, clock, hub, group } = self;
  const blocked = brief ? undefined : inboxTrouble(paths.inbox);
  if (blocked) hub.warn("inbox-unwritable", `${blocked}; until then nothing can come in.`);
  if (options.gateway) checkGateway(options.gateway, group);
  warnOfAbsence(options.gateway?.listen, hub);
  const storage = await openStorage({
    ...paths,
    quota,
    keep: { ms: keepDays * DAY_MS, bytes: keepSize },
    warning: (code, message) => hub.warn(code, message),
    placed: ({ sender, senderName, ask, ...document }) => {
      const { id, name, path, size } = document;
      if (ask) hub.emit({ event: "ask", id, from: { id: sender, name: senderName }, name, path, size });
      else hub.emit({ event: "document", ...document, from: senderOf(sender, senderName) });
    },
    clock,
    testing: options.testing?.storage,
  });
  opened.push(() => storage.close());
  const trust = await TrustBook.load(storage, clock);
  return { ...self, storage, trust };
}

type Ground = Awaited<ReturnType<typeof lay>>;

/** Connects to the network: sessions, the listener and discovery. */
async function connect(
  ground: Ground,
  { testing, gateway }: PeerOptions,
  opened: Opened,
  early?: Lookout,
) {
  const { settings, clock, random, id, group, trust, boot } = ground;
  const { name, kind, brief, ports } = settings;
  const isKnown = (peer: string) => trust.isKnown(peer);
  const tcp = new TcpNet(settings);
  const streams = testing?.streams?.(tcp) ?? tcp;
  const can = `${ASK_FEATURE} ${PEERS_FEATURE} ${CALL_FEATURE}`;
  const limits = { rx: RECORD_MAX, window: WINDOW };
  const payload = { name, kind, boot, brief, app: `earshot/${VERSION}`, ...limits, can, answers: brief };
  const identity = { keyPair: ground.identity.keyPair, group, payload };
  const sessions = new Sessions({ id, identity, streams, clock, random, isKnown });
  // Connections that arrive before the peer is ready are answered then.
  const made: { caller?: Caller } = {};
  const answer = (other: Connection) => {
    made.caller?.knocked(other);
    void sessions.accept(other);
  };
  const entrance = gateway && !brief ? new Entrance(answer, clock, gateway.listen) : undefined;
  const listener = brief
    ? undefined
    : entrance
    ? await listenExactly(streams, ports[0]!, (other) => void entrance.accept(other))
    : await streams.listen(ports, answer);
  if (listener) opened.push(() => listener.close());
  const otherGroups = entrance && gateway?.groups;
  const keepsUnicast = entrance !== undefined;
  const port = listener?.port ?? 0;
  const isAnnounced = gateway && !group.announceKey && !isLoopback(gateway.listen ?? "");
  const plain = isAnnounced ? listener?.port : undefined;
  const lookout = early ?? new Lookout(ground, { port, plain, otherGroups, keepsUnicast }, testing?.udpPort);
  const { datagrams, discovery } = lookout;
  if (entrance) datagrams.on({ datagram: (datagram) => entrance.datagram(datagram) });
  lookout.join({
    session: (peer) => sessions.get(peer),
    isKnown,
    called: (peer, address) => {
      if (!trust.isBlocked(peer)) void sessions.meet([address], peer);
    },
  });
  const caller = made.caller = new Caller({
    discovery,
    sessions,
    streams,
    clock,
    port,
    ports,
  });
  return { tcp, sessions, listener, lookout, datagrams, discovery, entrance, caller };
}

type Network = Awaited<ReturnType<typeof connect>>;

/** Makes the parts that exchange messages: the directory of peers, delivery, and the messenger. */
function exchange(
  ground: Ground,
  { sessions, discovery, datagrams, entrance }: Network,
  { gateway }: PeerOptions,
) {
  const { settings, clock, id, hub, storage, trust } = ground;
  const { name, brief, accept, maxSize, outboxDays, paths } = settings;
  // In a closed group a session makes its peer the known owner of its name: only the one that is meant may get one.
  const likely = ground.group.sessionKey ? () => {} : (peer: string) => sessions.prepare(peer);
  const directory = new PeerDirectory(discovery, trust, hub, clock, brief, { id, name }, likely);
  const spool = new Spool(paths.state);
  const awaited = new AwaitedAnswers();
  const policy = new Policy(trust, accept, maxSize, awaited, brief);
  const delivery = new Delivery({
    storage,
    spool,
    policy,
    awaited,
    clock,
    brief,
    nameOf: (peer) => directory.ref(peer).name,
    isKnown: (peer) => trust.isKnown(peer),
  });
  const outboxMs = outboxDays * DAY_MS;
  const isReadable = !ground.group.announceKey || gateway?.mode === "readable";
  // What the owner hands in at the door is taken by a short-lived peer, too.
  const doorPolicy = new Policy(trust, accept, maxSize);
  const door = new PlainDoor({ storage, policy: doorPolicy, spool, hub, clock, maxSize, isReadable });
  const said = (text: string) => {
    door.said(name, text);
    for (const group of entrance && isReadable ? gateway?.groups ?? [] : []) {
      datagrams.multicastTo(group, new TextEncoder().encode(text));
    }
  };
  const messenger = new Messenger({ delivery, directory, trust, hub, storage, spool, clock, outboxMs, said });
  const asker = new Asker({ delivery, directory, messenger, storage, clock });
  const since = clock.now();
  const info = () => ({
    name,
    id,
    kind: settings.kind,
    version: VERSION,
    uptime: Math.round((clock.now() - since) / 1_000),
    clock: new Date(clock.wall()).toISOString(),
    interfaces: [...new Set(datagrams.links.map((link) => link.interface))],
    ...machineInfo(paths),
  });
  const isBlocked = (peer: string) => trust.isBlocked(peer);
  const answerer = new Answerer({ delivery, directory, storage, hub, clock, outboxMs, isBlocked, info });
  const dialer = new Dialer(sessions, delivery, hub, brief);
  const ways = new Ways({ ...ground, sessions, discovery, directory });
  return { directory, delivery, messenger, asker, answerer, dialer, door, ways };
}

type Whole = Ground & Network & ReturnType<typeof exchange>;

/** Subscribes the parts to each other's events. */
export function wire(parts: Whole): void {
  const { datagrams, tcp, discovery, directory, dialer, sessions, delivery, hub, door } = parts;
  const { answerer, asker, messenger, ways } = parts;
  datagrams.on({
    linksChanged: (_added, removed) => {
      tcp.rescan();
      sessions.addressesGone(addressesGone(removed, datagrams.links));
      sessions.networkChanged();
      ways.refresh();
    },
  });
  discovery.on((event) => {
    if (event.type === "woke") {
      void datagrams.refresh?.();
      sessions.networkChanged();
      return ways.refresh();
    }
    directory.discovered(event);
    dialer.discovered(event);
    if (event.type === "gone") ways.lost(event.peer.id);
  });
  sessions.on((event) => {
    dialer.sessionChanged(event);
    parts.caller.sessionChanged(event);
    sessionChanged(parts, event);
  });
  delivery.on((event) => {
    messenger.followed(event);
    asker.followed(event);
    answerer.followed(event);
    publish(hub, event);
    if (event.type === "chat" && event.to === "all") door.said(event.from.name, event.text);
    if (event.type === "wanted") sessions.connect(event.recipient);
  });
}

function sessionChanged(
  { discovery, directory, sessions, delivery, ways, hub, ...parts }: Whole,
  event: SessionEvent,
): void {
  switch (event.type) {
    case "attached": {
      const { id, remote } = event.session;
      if (parts.group.sessionKey) {
        parts.trust.meet(id, remote.name, "group").catch((error) => hub.storageFailed(error));
      }
      directory.met(event.session, ways.sourceOf(id));
      ways.attached(event.session);
      return delivery.attached(event.session);
    }
    case "doubted":
      return ways.doubted(event.session.id);
    case "detached":
      ways.detached(event.session);
      return delivery.detached(event.session);
    case "ended": {
      const { id, remote, heardAt } = event.session;
      delivery.ended(event.session);
      if (remote.brief || sessions.get(id)) return;
      discovery.sessionLost(id, heardAt, event.why === "bye");
      return ways.lost(id);
    }
    case "unreachable":
      return directory.unreachable(event.id, event.failures);
    case "fault":
      return hub.fault(event.error);
  }
}

/** Reports arrivals to the user. */
function publish(hub: EventHub, event: DeliveryEvent): void {
  switch (event.type) {
    case "chat":
      return hub.emit({ event: "chat", id: event.id, from: event.from, to: event.to, text: event.text });
    case "document": {
      const { id, from, document, ask } = event;
      const { name, path, size } = document;
      if (ask) return hub.emit({ event: "ask", id, from, name, path, size });
      return hub.emit({ event: "document", id, from, ...document });
    }
    case "warning":
      return hub.warn(event.code, event.message);
    case "failed":
      return hub.storageFailed(event.error);
  }
}

/** Opens the ways in from outside, and resumes waiting messages. */
async function start(parts: Whole, opened: Opened): Promise<void> {
  const { settings, id, group, hub, storage, trust, sessions, listener, lookout, datagrams, discovery } =
    parts;
  const { directory, delivery, messenger, dialer, ways } = parts;
  const { entrance, door } = parts;
  opened.push(() => delivery.close(), () => door.close(), () => sessions.close(), () => entrance?.close());
  const waiting = settings.brief ? [] : await storage.outboxRecipients();
  for (const peer of waiting) {
    if (trust.isBlocked(peer)) await messenger.blocked(peer);
    else dialer.expect(peer);
  }
  sessions.start({
    addressesOf: (peer) => directory.addressesOf(peer),
    wantsSession: (peer) => dialer.wantsSession(peer),
    keeps: (session) => ways.keeps(session),
    traffic: ways.around(delivery),
  });
  await lookout.start();
  opened.push(() => discovery.close());
  delivery.start();
  opened.push(() => messenger.close(), () => ways.close());
  opened.push(() => parts.asker.close());
  ways.start();
  if (!listener) return;
  parts.answerer.start();
  opened.push(() => parts.answerer.close());
  const interfaces = [...new Set(datagrams.links.map((link) => link.interface))];
  const { name, paths: { inbox } } = settings;
  hub.emit({ event: "ready", id, name, group: group.name, port: listener.port, inbox, interfaces });
  sessions.answer();
}

/** Listens on this port only: a gateway elsewhere would not be found. @throws {GatewayPortTaken} */
async function listenExactly(
  streams: StreamNet,
  port: number,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  try {
    return await streams.listen([port], accept);
  } catch (error) {
    if (!(error instanceof UserError) || !(error.cause instanceof Deno.errors.AddrInUse)) throw error;
    throw new GatewayPortTaken(port, undefined, { cause: error });
  }
}

/** Returns the addresses that we no longer have. */
function addressesGone(removed: readonly Link[], left: readonly Link[]): ReadonlySet<string> {
  const addressesOf = (links: readonly Link[]) => new Set(links.flatMap((link) => link.addresses));
  return addressesOf(removed).difference(addressesOf(left));
}
