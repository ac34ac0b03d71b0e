import { ControlClient, SilentPeerError } from "../../control/client.ts";
import { diagnose, readTools } from "../../doctor/doctor.ts";
import type { Finding } from "../../doctor/finding.ts";
import type { KnownPeer, Profile } from "../../doctor/scene.ts";
import { peekGroup } from "../../identity/group.ts";
import { checkSelection, readLinks } from "../../net/interfaces.ts";
import { addressesOfHost } from "../../net/resolve.ts";
import { readAddresses } from "../../peer/address_book.ts";
import { DEFAULT_GROUP } from "../../peer/settings.ts";
import type { ExitCode } from "../../platform/user_error.ts";
import { hostPortText, parseHostPort } from "../../protocol/host_port.ts";
import { EARSHOT_PORT } from "../../protocol/limits.ts";
import { type Context, expectArgs, remark, unlessInterrupted } from "../command.ts";
import { awaiting, printFinding, sumUp } from "../messages/findings.ts";
import { lookAtPeer } from "../messages/look_at_peer.ts";
import { WaitingLine } from "../terminal/waiting_line.ts";
import { controlPath } from "../profile/control_socket.ts";
import { clientOptions, withPeer } from "../profile/with_peer.ts";

/** How long the running peer may be silent, milliseconds. */
const PATIENCE = 1_000;
/** How long a name may take to look up, milliseconds, and how many of its addresses are tried. */
const RESOLVE_MS = 2_000;
const NAMED_MAX = 4;

/** `earshot doctor`: looks for what keeps peers apart, or at one peer from both sides. */
export async function run(context: Context): Promise<ExitCode> {
  const [target] = expectArgs(context, 0, 1);
  if (target !== undefined) {
    return await withPeer(context, (service) => lookAtPeer(context, service, target));
  }
  return await unlessInterrupted(examine(context), context.interrupted);
}

async function examine(context: Context): Promise<ExitCode> {
  const { config } = context;
  checkSelection(readLinks(), config.given.interface);
  const known = await profileOf(context);
  const group = config.given.group ?? known.group;
  const system = await readTools({ profile: known.profile, group, interfaces: config.interface });
  // From here on it hears whatever anybody sends.
  Deno.permissions.revokeSync({ name: "run" });
  if (config.verbose) {
    const may = Deno.permissions.querySync({ name: "run" }).state === "granted"
      ? "may still"
      : "may no longer";
    remark(context, `earshot: The system's tools are read; this process ${may} start programs.`);
  }
  const profile = { ...known.profile, roster: await allKnown(known, config.state) };
  const examined = { profile, group, interfaces: config.interface };
  using line = new WaitingLine(context);
  const print = (finding: Finding) => printFinding(context, finding);
  const findings = await diagnose(examined, system, print, awaiting(line));
  return sumUp(context, findings, "Nothing was found that keeps peers apart.");
}

/** What the configuration and the running peer tell of the profile. */
interface Known {
  readonly profile: Profile;
  /** Its group if that is an open one. */
  readonly group: string | undefined;
  /** Its group in any case. */
  readonly groupName: string;
  /** Places that the user named. */
  readonly named: readonly string[];
}

async function profileOf(context: Context): Promise<Known> {
  const { state, inbox, port = EARSHOT_PORT, group, peer: named = [] } = context.config;
  const profile = { state, inbox, port, roster: [] };
  const groupName = group ?? peekGroup(state)?.name ?? DEFAULT_GROUP;
  const client = await ControlClient.connect(controlPath(state), clientOptions(state, PATIENCE));
  const alone: Known = { profile, group, groupName, named };
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
async function allKnown({ profile, named, groupName }: Known, state: string): Promise<KnownPeer[]> {
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
  const late = new Promise<string[]>((resolve) => setTimeout(() => resolve(unknown), RESOLVE_MS));
  const hosts = await Promise.race([addressesOfHost(place.host), late]).catch(() => unknown);
  return hosts.slice(0, NAMED_MAX).map((host) => ({
    name: named,
    address: { host, port: place.port },
    how: "named",
  }));
}
