import { ControlClient, SilentPeerError } from "../../control/client.ts";
import type { KnownPeer, Profile } from "../../doctor/scene.ts";
import { peekGroup } from "../../identity/group.ts";
import { addressesOfHost } from "../../net/resolve.ts";
import { readAddresses } from "../../peer/address_book.ts";
import { DEFAULT_GROUP } from "../../peer/settings.ts";
import { hostPortText, parseHostPort } from "../../protocol/host_port.ts";
import { EARSHOT_PORT } from "../../protocol/limits.ts";
import { type Context, remark } from "../command.ts";
import { controlPath } from "./control_socket.ts";
import { clientOptions } from "./with_peer.ts";

/** How long the running peer may be silent, milliseconds. */
const PATIENCE = 1_000;
/** How long a name may take to look up, milliseconds, and how many of its addresses are tried. */
const RESOLVE_MS = 2_000;
const NAMED_MAX = 4;

/** The profile, by its configuration and its running peer. */
export interface KnownPlaces {
  readonly profile: Profile;
  /** Its group if that is an open one. */
  readonly group: string | undefined;
  /** Its group in any case. */
  readonly groupName: string;
  /** Places that the user named. */
  readonly named: readonly string[];
}

/** Asks the running peer, if there is one, for what a doctor needs. */
export async function knownPlaces(context: Context): Promise<KnownPlaces> {
  const { state, inbox, port = EARSHOT_PORT, group, peer: named = [] } = context.config;
  const profile = { state, inbox, port, roster: [] };
  const groupName = group ?? peekGroup(state)?.name ?? DEFAULT_GROUP;
  const client = await ControlClient.connect(controlPath(state), clientOptions(state, PATIENCE));
  const alone: KnownPlaces = { profile, group, groupName, named };
  if (!client) return alone;
  try {
    const [status, peers] = await Promise.all([client.status(), client.peers()]);
    const roster = peers.flatMap(({ name, address }): KnownPeer[] => {
      const place = parseHostPort(address);
      return place ? [{ name, address: place, how: "listed" }] : [];
    });
    if (status.brief) return { ...alone, profile: { ...profile, roster } };
    const running = { pid: status.pid, port: status.port };
    return {
      profile: { ...profile, inbox: status.inbox, running, roster },
      group: status.closed ? undefined : status.group,
      groupName: status.group,
      named: [...status.settings.peers, ...named],
    };
  } catch (error) {
    if (error instanceof SilentPeerError) remark(context, `earshot: ${error.message}`);
    return alone;
  } finally {
    client.close();
  }
}

/** Lists the peers in the roster, those that the user named, and those that were met before, each place once. */
export async function allKnown(
  { profile, named, groupName }: KnownPlaces,
  state: string,
): Promise<KnownPeer[]> {
  const places = (await Promise.all([...new Set(named)].map(placesOf))).flat();
  const met = readAddresses(state).filter(({ group }) => group === groupName);
  const all = [
    ...profile.roster,
    ...places,
    ...met.map(({ name, host, port }): KnownPeer => ({ name, address: { host, port }, how: "remembered" })),
  ];
  return [...Map.groupBy(all, ({ address }) => hostPortText(address)).values()].map(([first]) => first!);
}

/** Looks a place up that the user named; one that nobody knows keeps its name as its address. */
async function placesOf(named: string): Promise<KnownPeer[]> {
  const place = parseHostPort(named);
  if (!place) return [];
  const unknown = [place.host];
  const hosts = await addressesOfHost(place.host, RESOLVE_MS).catch(() => unknown);
  return hosts.slice(0, NAMED_MAX).map((host) => ({
    name: named,
    address: { host, port: place.port },
    how: "named",
  }));
}
