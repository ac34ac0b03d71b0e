import type { Service } from "../../control/service.ts";
import type { PeerInfo } from "../../peer/types.ts";
import { agoText } from "../../platform/periods.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { shortId } from "../../identity/node_id.ts";
import { LISTEN } from "../messages/find_peer.ts";
import { type Context, expectArgs, Interrupted, jsonLine, printList, remark } from "../command.ts";
import { eventText } from "../terminal/events.ts";
import { NOBODY, oneLine, placeText } from "../terminal/text.ts";
import { tellWaiting } from "../messages/waiting_messages.ts";
import { withPeer } from "../profile/with_peer.ts";

/** How long to listen if nobody is heard, milliseconds. */
const WAIT_FOR_ANYBODY = 4_000;

/** How often `--watch` looks in addition to events, milliseconds: a short-lived peer sends no events. */
const WATCH_EVERY = 1_000;

/** Remark if all peers have left. */
const LEFT = "Nobody is within earshot now.";

/** `earshot peers`: lists the peers within earshot. */
export async function run(context: Context): Promise<ExitCode> {
  expectArgs(context, 0);
  const done = withPeer(context, async (service) => {
    const { config: { watch: isWatching, json, wait }, out } = context;
    if (isWatching && out.draws && !json) {
      await tellWaiting(context, service);
      // It reads the history, and to load SQLite takes time.
      const { watchLive } = await import("../peers/watch_live.ts");
      await watchLive(context, service, (found) => wait ?? (found > 0 ? LISTEN : WAIT_FOR_ANYBODY));
      return ExitCode.done;
    }
    const list = await hear(service, wait);
    await printList(context, list, (peer) => row(peer, context.config.verbose));
    if (!list.some((peer) => peer.state !== "gone")) remark(context, list.length === 0 ? NOBODY : LEFT);
    await tellWaiting(context, service);
    if (isWatching) await watch(context, service, list);
    return ExitCode.done;
  });
  return await done.catch((error) => {
    // Ending it is the only way to stop watching.
    if (context.config.watch && error instanceof Interrupted) return ExitCode.done;
    throw error;
  });
}

/** Returns the roster after listening for `told` milliseconds; by default, longer if nobody is heard. */
async function hear(service: Service, told: number | undefined): Promise<PeerInfo[]> {
  const wait = told ?? LISTEN;
  const { uptime } = await service.status();
  const anybody = await service.everyone(Math.max(0, (told ?? WAIT_FOR_ANYBODY) - uptime));
  const { uptime: now } = await service.status();
  if (anybody.length > 0 && now < wait) await new Promise((resolve) => setTimeout(resolve, wait - now));
  return await service.peers();
}

function row(peer: PeerInfo, verbose = false): string[] {
  return [
    oneLine(peer.name),
    verbose ? peer.id : shortId(peer.id),
    oneLine(peer.kind),
    placeText(peer),
    peer.state === "gone" ? `gone, heard ${agoText(Date.now() - peer.lastSeen)}` : peer.state,
    [
      ...peer.known ? ["known"] : [],
      ...peer.blocked ? ["blocked"] : [],
      ...peer.twins ? ["two share this identity"] : [],
    ].join(", "),
  ];
}

/** Prints who comes and goes, one line each, until the user ends it or the reader has left. */
async function watch({ config, out }: Context, service: Service, list: readonly PeerInfo[]): Promise<void> {
  const before = new Map(list.map((peer) => [peer.id, peer]));
  let subscribed = false;
  let look = () => {};
  while (!out.closed.aborted) {
    if (!subscribed) {
      subscribed = true;
      await service.subscribe(() => look(), () => subscribed = false);
    }
    const peers = await service.peers();
    const present = new Set(peers.map(({ id }) => id));
    for (const id of before.keys()) if (!present.has(id)) before.delete(id);
    for (const peer of peers) {
      const known = before.get(peer.id);
      before.set(peer.id, peer);
      const isRenamed = known !== undefined && known.name !== peer.name;
      if (known?.state === peer.state && !isRenamed) continue;
      if (config.json) out.line(jsonLine(peer));
      else {
        const event = { event: "peer", at: Date.now(), ...peer } as const;
        if (isRenamed) out.line(eventText({ ...event, state: "renamed", was: known.name }));
        if (known?.state !== peer.state) out.line(eventText(event));
      }
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, WATCH_EVERY);
      look = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
