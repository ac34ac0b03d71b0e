import { familyOf, isLinkLocal } from "../../net/addresses.ts";
import type { NetLink } from "../../net/interfaces.ts";
import type { Family } from "../../net/types.ts";
import { otherHost } from "./addresses.ts";
import { type Firewall, readFirewall } from "./firewall.ts";
import { readJson, type RunTool } from "./tools.ts";

/** An interface as the system describes it. */
export interface SystemInterface {
  readonly name: string;
  /** `bridge`, `tun`, `wireguard`, …; undefined for hardware. */
  readonly kind: string | undefined;
  readonly isUp: boolean;
  /** True if it has a cable or radio link. */
  readonly hasCarrier: boolean;
  readonly isPointToPoint: boolean;
  /** The bridge that it belongs to. */
  readonly master: string | undefined;
}

/** A host that this machine has talked to. */
export interface Neighbour {
  readonly host: string;
  readonly interface: string;
}

/** A program that has a port. */
export interface PortHolder {
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  /** Name and process id, if this user may see them. */
  readonly program: string | undefined;
  readonly pid: number | undefined;
}

/** Report of the system's own tools; members are undefined if there is no such tool, or it does not tell. */
export interface SystemReport {
  readonly interfaces: readonly SystemInterface[] | undefined;
  /** Interface that packets to the internet leave through; undefined if none does, or it is not known. */
  readonly outward: string | undefined;
  /** Interface through which hosts of a link's own IPv4 network are reached, by the link's interface. */
  readonly inward: ReadonlyMap<string, string>;
  readonly gateways: readonly Neighbour[];
  readonly neighbours: readonly Neighbour[];
  readonly holders: readonly PortHolder[];
  readonly firewall: Firewall;
  /** Version of the kernel. */
  readonly kernel: string;
  /** `nat`, `mirrored`, …: how WSL is connected. */
  readonly wslNetworking: string | undefined;
  /** Programs that have the database open. */
  readonly databaseUsers: readonly { readonly program: string; readonly pid: number }[];
}

/** Address that stands for the internet: reserved for documentation, so nobody is there. */
const OUTSIDE = "192.0.2.1";

/** Asks the system's tools about everything that checks want to know, all at once. Sends nothing. */
export async function readSystem(
  run: RunTool,
  links: readonly NetLink[],
  database: string,
  os: typeof Deno.build.os = Deno.build.os,
): Promise<SystemReport> {
  const isLinux = os === "linux";
  const onLinux = <T>(work: () => Promise<T>, otherwise: T) => isLinux ? work() : Promise.resolve(otherwise);
  const [interfaces, outward, inward, gateways, neighbours, holders, firewall, kernel, databaseUsers] =
    await Promise.all([
      onLinux(() => readInterfaces(run), undefined),
      onLinux(() => routeTo(run, OUTSIDE), undefined),
      onLinux(() => readInward(run, links), new Map<string, string>()),
      onLinux(() => readGateways(run), []),
      onLinux(() => readNeighbours(run), []),
      isLinux ? readHolders(run) : os === "darwin" ? readHoldersByLsof(run) : [],
      readFirewall(run, os),
      onLinux(async () => (await run("uname", "-r"))?.stdout.trim() ?? "", ""),
      os === "windows" ? [] : readUsers(run, database),
    ]);
  const wsl = isWsl(kernel) ? await run("wslinfo", "--networking-mode") : undefined;
  const wslNetworking = wsl?.ok ? wsl.stdout.trim() : undefined;
  return {
    interfaces,
    outward,
    inward,
    gateways,
    neighbours: neighbours.filter(({ host }) => !gateways.some((gateway) => gateway.host === host)),
    holders,
    firewall,
    kernel,
    wslNetworking,
    databaseUsers,
  };
}

/** Tells whether a kernel is that of the Windows Subsystem for Linux. */
export function isWsl(kernel: string): boolean {
  return /microsoft/i.test(kernel);
}

async function readInterfaces(run: RunTool): Promise<SystemInterface[] | undefined> {
  interface IpLink {
    readonly ifname?: string;
    readonly flags?: readonly string[];
    readonly master?: string;
    readonly linkinfo?: { readonly info_kind?: string };
  }
  const links = await readJson<IpLink[]>(run, "ip", "-j", "-d", "link", "show");
  return links?.filter(({ ifname }) => ifname !== undefined).map((
    { ifname, flags = [], master, linkinfo },
  ) => ({
    name: ifname!,
    kind: linkinfo?.info_kind,
    isUp: flags.includes("UP"),
    hasCarrier: flags.includes("LOWER_UP"),
    isPointToPoint: flags.includes("POINTOPOINT"),
    master,
  }));
}

async function routeTo(run: RunTool, host: string): Promise<string | undefined> {
  const routes = await readJson<{ dev?: string }[]>(run, "ip", "-j", "route", "get", host);
  return routes?.[0]?.dev;
}

async function readInward(run: RunTool, links: readonly NetLink[]): Promise<Map<string, string>> {
  const routes = links.filter((link) => link.family === 4 && !link.loopback && !link.pointToPoint)
    .map(async (link) => {
      const host = link.subnets[0] && otherHost(link.addresses[0]!, link.subnets[0]);
      const through = host && await routeTo(run, host);
      return through === undefined ? [] : [[link.interface, through] as const];
    });
  return new Map((await Promise.all(routes)).flat());
}

async function readGateways(run: RunTool): Promise<Neighbour[]> {
  const read = (family: Family) =>
    readJson<{ gateway?: string; dev?: string }[]>(run, "ip", "-j", `-${family}`, "route", "show", "default");
  const routes = await Promise.all([read(4), read(6)]);
  return routes.flatMap((list) => list ?? [])
    .flatMap(({ gateway, dev }) => gateway && dev ? [{ host: gateway, interface: dev }] : []);
}

/** Neighbours whose hardware address was found; those that never answered may not exist. */
async function readNeighbours(run: RunTool): Promise<Neighbour[]> {
  interface IpNeighbour {
    readonly dst?: string;
    readonly dev?: string;
    readonly lladdr?: string;
    readonly router?: unknown;
  }
  const list = await readJson<IpNeighbour[]>(run, "ip", "-j", "neigh", "show");
  return (list ?? []).flatMap(({ dst, dev, lladdr, router }) =>
    dst && dev && lladdr && router === undefined ? [{ host: dst, interface: dev }] : []
  );
}

async function readHolders(run: RunTool): Promise<PortHolder[]> {
  const output = await run("ss", "-Hlnptu");
  return (output?.stdout ?? "").split("\n").flatMap((line) => {
    const [protocol, , , , local = ""] = line.split(/\s+/);
    const port = Number(/:(\d+)$/.exec(local)?.[1]);
    if ((protocol !== "udp" && protocol !== "tcp") || !(port > 0)) return [];
    const [, program, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
    return [{ protocol, port, program, pid: pid === undefined ? undefined : Number(pid) }];
  });
}

async function readHoldersByLsof(run: RunTool): Promise<PortHolder[]> {
  const read = async (protocol: "udp" | "tcp", ...states: string[]) => {
    const output = await run("lsof", "-nP", `-i${protocol.toUpperCase()}`, ...states, "-F", "pcn");
    const holders: PortHolder[] = [];
    let [pid, program]: [number?, string?] = [];
    for (const line of output?.stdout.split("\n") ?? []) {
      if (line.startsWith("p")) pid = Number(line.slice(1));
      else if (line.startsWith("c")) program = line.slice(1);
      else if (line.startsWith("n")) {
        const port = Number(/:(\d+)$/.exec(line)?.[1]);
        if (port > 0) holders.push({ protocol, port, program, pid });
      }
    }
    return holders;
  };
  return (await Promise.all([read("udp"), read("tcp", "-sTCP:LISTEN")])).flat();
}

async function readUsers(run: RunTool, database: string): Promise<{ program: string; pid: number }[]> {
  const output = await run("lsof", "-F", "pc", "--", `${database}-shm`);
  const users = [];
  let pid = 0;
  for (const line of output?.stdout.split("\n") ?? []) {
    if (line.startsWith("p")) pid = Number(line.slice(1));
    else if (line.startsWith("c")) users.push({ program: line.slice(1), pid });
  }
  return users;
}

/** Returns the neighbour's address as a socket needs it, with the zone of a link-local one. */
export function reachable({ host, interface: zone }: Neighbour): string {
  return familyOf(host) === 6 && isLinkLocal(host) ? `${host}%${zone}` : host;
}
