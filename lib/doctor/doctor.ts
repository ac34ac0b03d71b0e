import { type NetLink, readLinks, selectLinks } from "../net/interfaces.ts";
import { databasePath } from "../storage/database/open_database.ts";
import { CHECKS } from "./checks.ts";
import { Deadline } from "./deadline.ts";
import { Dialling } from "./dialling.ts";
import { type Awaits, examine } from "./examine.ts";
import type { Finding } from "./finding.ts";
import { Listening } from "./listening.ts";
import type { Profile } from "./scene.ts";
import { isVirtual } from "./system/kinds.ts";
import { reachable, readSystem, type SystemReport } from "./system/report.ts";
import { runTool } from "./system/tools.ts";

/** UDP port at which a peer is asked. */
const UDP_PORT = 3333;
/** Most places that are asked alone. */
const PLACES_MAX = 32;

/** Subject of an examination. */
export interface Examined {
  readonly profile: Profile;
  /** Open group, as for a peer. */
  readonly group?: string;
  /** Interfaces by name or address. */
  readonly interfaces?: readonly string[];
}

/** Reads what the system's tools tell. Needs `--allow-run`, and sends nothing. */
export async function readTools({ profile, interfaces }: Examined): Promise<SystemReport> {
  return await readSystem(runTool, linksOf(interfaces), databasePath(profile.state));
}

/**
 * Runs every check, in at most 15 s from the start of this process. Starts no program.
 *
 * @param told called for each finding, in the order of the checks
 * @param awaits see {@linkcode examine}
 */
export async function diagnose(
  examined: Examined,
  system: SystemReport,
  told: (finding: Finding) => void,
  awaits?: Awaits,
): Promise<Finding[]> {
  const { profile, group, interfaces } = examined;
  const links = linksOf(interfaces).filter(({ interface: name }) => isConnected(name, system));
  const own = new Set(readLinks().flatMap(({ addresses }) => addresses));
  const isOwn = (host: string) => own.has(host.replace(/%.*/, ""));
  const hosts = [
    ...profile.roster.map(({ address: { host } }) => host),
    ...system.neighbours.map(reachable),
  ];
  // A name that the system does not know has no address.
  const isAddress = (host: string) => host.includes(":") || /^[\d.]+$/.test(host);
  const places = [...new Set(hosts)].filter((host) => isAddress(host) && !isOwn(host)).slice(0, PLACES_MAX)
    .map((host) => ({ host, port: UDP_PORT }));
  const realLinks = links.filter((link) => !isVirtual(link.interface, system.interfaces));
  const options = { state: profile.state, group, interfaces };
  const deadline = new Deadline();
  const listening = new Listening(options, places, isOwn, realLinks.length > 0, deadline);
  const dialling = new Dialling();
  const scene = {
    os: Deno.build.os,
    profile,
    system,
    links,
    selection: interfaces,
    realLinks,
    isOwn,
    listening,
    dial: (place: { readonly host: string; readonly port: number }) => dialling.dial(place),
  };
  try {
    return await examine(CHECKS, scene, deadline.left, told, awaits);
  } finally {
    // After a check that ran out of time nothing is waited for: the process ends anyway.
    void listening.close();
  }
}

/** An address may stay when its interface is switched off or the cable is pulled; a bridge of containers may be empty. */
function isConnected(name: string, { interfaces }: SystemReport): boolean {
  const known = interfaces?.find((each) => each.name === name);
  return known === undefined || isVirtual(name, interfaces) || (known.isUp && known.hasCarrier);
}

/** Loopback counts only if it was asked for: it leads nowhere. */
function linksOf(interfaces: readonly string[] | undefined): NetLink[] {
  const links = selectLinks(readLinks(), interfaces);
  return interfaces?.length ? links : links.filter(({ loopback }) => !loopback);
}
