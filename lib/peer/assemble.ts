import { Delivery } from "../delivery/delivery.ts";
import { Policy } from "../delivery/policy.ts";
import { Discovery } from "../discovery/discovery.ts";
import type { Group } from "../identity/group.ts";
import { loadIdentity } from "../identity/key_file.ts";
import { TrustBook } from "../identity/trust_book.ts";
import { TcpNet } from "../net/tcp.ts";
import type { DatagramNet, Link, Listener } from "../net/types.ts";
import { UdpNet } from "../net/udp.ts";
import { systemClock, type Timer } from "../platform/clock.ts";
import { systemRandom } from "../platform/random.ts";
import { RECORD_MAX, WINDOW } from "../protocol/limits.ts";
import type { Session } from "../session/session.ts";
import { Sessions, type SessionsOwner } from "../session/sessions.ts";
import { inboxTrouble } from "../storage/inbox/inbox_trouble.ts";
import { Spool } from "../storage/files/spool.ts";
import { openStorage } from "../storage/storage.ts";
import { EventHub } from "./event_hub.ts";
import { Messenger } from "./messenger.ts";
import { DAY_MS, groupOf, type PeerSettings } from "./options.ts";
import { Presence } from "./presence.ts";
import type { PeerOptions } from "./types.ts";
import { VERSION } from "./version.ts";

/** How often peers with whom nothing is under way are forgotten. */
const FORGET_EVERY_MS = 5_000;
/** How often the outbox is looked through for what waits for absent peers longer than it may. */
const OVERDUE_EVERY_MS = 3_600_000;

/** What a running peer consists of. */
export interface Parts {
  readonly settings: PeerSettings;
  readonly id: string;
  readonly group: Group;
  readonly datagrams: UdpNet;
  /** Undefined for a short-lived peer. */
  readonly listener: Listener | undefined;
  readonly presence: Presence;
  readonly messenger: Messenger;
  readonly trust: TrustBook;
  readonly hub: EventHub;
  /** Ends everything in the right order. */
  close(): Promise<void>;
}

/** Puts a peer together and starts it. On failure everything that was opened is closed again. */
export async function assemble(settings: PeerSettings, options: PeerOptions): Promise<Parts> {
  const undo: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...await build(settings, options, undo), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  settings: PeerSettings,
  options: PeerOptions,
  undo: (() => void | Promise<void>)[],
): Promise<Omit<Parts, "close">> {
  const { clock = systemClock, random = systemRandom, testing } = options;
  const { brief, paths, name, kind } = settings;

  const hub = new EventHub(() => Math.round(clock.wall()));
  if (options.onEvent) hub.on(options.onEvent);
  const warning = (code: string, message: string) => hub.warn(code, message);

  const blocked = brief ? undefined : inboxTrouble(paths.inbox);
  if (blocked) warning("inbox-unwritable", `${blocked}; until then nothing can come in.`);
  const { keyPair, id } = loadIdentity(paths.state, (message: string) => warning("identity", message));
  const group = groupOf(options, paths.state);

  const { quota, keepDays, keepSize, outboxDays } = settings;
  const keep = { ms: keepDays * DAY_MS, bytes: keepSize };
  const storage = await openStorage({
    ...paths,
    quota,
    keep,
    warning,
    placed: ({ sender, senderName, ...document }) =>
      hub.emit({ event: "document", ...document, from: { id: sender, name: senderName } }),
    clock,
    testing: testing?.storage,
  });
  undo.push(() => storage.close());
  const trust = await TrustBook.load(storage, clock);

  // The port must be known to make the parts below; whoever connects before all of them stand is answered then.
  const tcp = new TcpNet(settings);
  const streams = testing?.streams?.(tcp) ?? tcp;
  const ready = Promise.withResolvers<Sessions>();
  const listener = brief
    ? undefined
    : await streams.listen(settings.ports, (connection) =>
      void ready.promise.then((all) => all.accept(connection), () => connection.close()));
  ready.promise.catch(() => {/* told to those who wait */});
  undo.push(() => ready.reject(new Error("never started")));
  if (listener) undo.push(() => listener.close());

  const boot = random.u32();
  const datagrams = new UdpNet({ interfaces: settings.interfaces, patient: settings.patient, brief, clock });
  const discovery = new Discovery({
    self: { id, name, kind, boot, port: listener?.port ?? 0, brief },
    net: withLinkChanges(datagrams, (removed) => {
      tcp.rescan();
      const here = new Set(datagrams.links.flatMap((link) => link.addresses));
      const gone = removed.flatMap((link) => link.addresses).filter((host) => !here.has(host));
      sessions.addressesGone(new Set(gone));
    }),
    clock,
    random,
    group,
    session: (peer) => sessions.get(peer),
    isKnown: (peer) => trust.isKnown(peer),
  });
  const presence = new Presence(discovery, trust, hub, clock, brief, { id, name });

  const spool = new Spool(paths.state);
  const delivery = new Delivery({
    storage,
    spool,
    policy: new Policy(trust, settings.accept, settings.maxSize),
    clock,
    brief,
    nameOf: (id) => presence.ref(id).name,
    isKnown: (id) => trust.isKnown(id),
  });
  const messenger = new Messenger({
    delivery,
    presence,
    trust,
    hub,
    storage,
    spool,
    clock,
    outboxMs: outboxDays * DAY_MS,
  });
  delivery.on((event) => {
    switch (event.type) {
      case "chat":
        return hub.emit({ event: "chat", id: event.id, from: event.from, to: event.to, text: event.text });
      case "document":
        return hub.emit({ event: "document", id: event.id, from: event.from, ...event.document });
      case "settled":
        return messenger.settled(event.recipient, event.message, event.settlement);
      case "progress":
        return messenger.progress(event.recipient, event.message, event.bytes);
      case "deferred":
        return messenger.deferred(event.recipient, event.message, event.refusal);
      case "wanted":
        return sessions.connect(event.recipient);
      case "warning":
        return warning(event.code, event.message);
    }
  });

  // Whom a session has to prove, because others answer in its name.
  const contested = new Set<string>();
  const owner: SessionsOwner = {
    addressesOf: (peer) => presence.addressesOf(peer),
    wantsSession: (peer) => contested.has(peer) || delivery.wantsSession(peer),
    isKnown: (peer) => trust.isKnown(peer),
    attached(session) {
      contested.delete(session.id);
      presence.reached(session.id);
      seen(session);
      delivery.attached(session);
    },
    detached: (session) => delivery.detached(session),
    ended(session) {
      delivery.ended(session);
      if (session.remote.brief || sessions.get(session.id)) return;
      discovery.sessionLost(session.id, clock.wall() - (clock.now() - session.heardAt));
    },
    unreachable(peer, failures) {
      contested.delete(peer);
      presence.unreachable(peer, failures);
    },
    message: (session, message) => delivery.received(session, message),
    nextFrame: (session, answersOnly) => delivery.nextFrame(session, answersOnly),
    drained: (session) => delivery.drained(session),
    unacknowledged: (session) => delivery.unacknowledged(session),
    failed: (error) => hub.fault(error),
  };
  const seen = (session: Session) => {
    const { name, kind, boot, brief: remoteBrief } = session.remote;
    if (group.sessionKey) trust.meet(session.id, name, "group").catch((error) => delivery.failed(error));
    const peer = { id: session.id, name };
    if (remoteBrief) return presence.commandSeen(peer, kind, session.address);
    presence.checkName(peer);
    const address = session.initiator ? session.address : undefined;
    discovery.sessionSeen(session.id, { name, kind, boot, address });
  };
  const payload = { name, kind, boot, app: `earshot/${VERSION}`, rx: RECORD_MAX, window: WINDOW, brief };
  const sessions = new Sessions({ id, identity: { keyPair, group, payload }, streams, clock, random, owner });
  undo.push(() => delivery.close(), () => sessions.close());

  const waiting = new Set(brief ? [] : await storage.outboxRecipients());
  for (const peer of waiting) {
    if (trust.isBlocked(peer) && waiting.delete(peer)) await messenger.blocked(peer);
  }
  const meet = (peer: string) => {
    if (waiting.delete(peer)) {
      delivery.outbound(peer).then(
        () => sessions.connect(peer, true),
        (error) => delivery.failed(error),
      );
    } else if (owner.wantsSession(peer)) sessions.connect(peer, true);
  };
  discovery.on((event) => {
    presence.discovered(event);
    if (event.type === "up" || event.type === "changed") meet(event.peer.id);
    if (event.type === "contested" && !brief && event.peer.addresses.length > 0) {
      contested.add(event.peer.id);
      sessions.connect(event.peer.id, true);
    }
    // It was pinged through its session, too.
    if (event.type === "gone") sessions.get(event.peer.id)?.abort("gone");
  });
  await discovery.start();
  undo.push(() => discovery.close());
  ready.resolve(sessions);

  let forget = clock.after(FORGET_EVERY_MS, function again() {
    delivery.forgetIdle();
    forget = clock.after(FORGET_EVERY_MS, again);
  });
  let overdue: Timer | undefined;
  const takeUpOverdue = () => {
    overdue = clock.after(OVERDUE_EVERY_MS, takeUpOverdue);
    void delivery.takeUpOverdue();
  };
  if (!brief) takeUpOverdue();
  undo.push(() => forget.cancel(), () => overdue?.cancel(), () => messenger.close());

  if (listener) {
    hub.emit({
      event: "ready",
      id,
      name,
      group: group.name,
      port: listener.port,
      inbox: paths.inbox,
      interfaces: [...new Set(datagrams.links.map((link) => link.interface))],
    });
  }
  return { settings, id, group, datagrams, listener, presence, messenger, trust, hub };
}

/** The same network; `changed` is called as well whenever links come or go. */
function withLinkChanges(net: DatagramNet, changed: (removed: readonly Link[]) => void): DatagramNet {
  return {
    get links() {
      return net.links;
    },
    get deaf() {
      return net.deaf;
    },
    start: (handler) =>
      net.start({
        datagram: (datagram) => handler.datagram(datagram),
        linksChanged(added, removed) {
          changed(removed);
          handler.linksChanged(added, removed);
        },
        warning: (code, message) => handler.warning(code, message),
      }),
    multicast: (link, data) => net.multicast(link, data),
    unicast: (to, data, link) => net.unicast(to, data, link),
    close: () => net.close(),
  };
}
