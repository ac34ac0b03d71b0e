import type { Family } from "../../net/types.ts";
import { iptablesRules } from "./iptables.ts";
import { nftRules } from "./nft.ts";
import type { RuleSet } from "./rules.ts";
import { readJson, type RunTool } from "./tools.ts";

/** A zone of firewalld, and what it lets in. */
export interface Zone {
  readonly name: string;
  readonly interfaces: readonly string[];
  /** `3333/udp`, `1025-65535/tcp`. */
  readonly ports: readonly string[];
  /** True if it lets in everything. */
  readonly isOpen: boolean;
}

/** State of this machine's firewall, as far as it is known. */
export interface Firewall {
  /** Rules that could be read; none if no firewall is there. */
  readonly rules: readonly RuleSet[];
  /** True if there may be rules that this user may not read. */
  readonly isHidden: boolean;
  /** Zones that are in use, if firewalld runs. */
  readonly zones: readonly Zone[] | undefined;
  /** True if ufw is switched on. */
  readonly ufw: boolean;
}

/** Reads the rules of nftables and iptables, and the state of firewalld and ufw. */
export async function readFirewall(run: RunTool, os: typeof Deno.build.os): Promise<Firewall> {
  if (os !== "linux") return { rules: [], isHidden: true, zones: undefined, ufw: false };
  const [nft, nftHidden, ip4, ip6, zones] = await Promise.all([
    readJson<unknown>(run, "nft", "-j", "list", "ruleset"),
    isDenied(run, "nft", "list", "ruleset"),
    run("iptables-save"),
    run("ip6tables-save"),
    readZones(run),
  ]);
  const rules: RuleSet[] = [];
  if (ip4?.ok) rules.push(iptablesRules(ip4.stdout, 4));
  if (ip6?.ok) rules.push(iptablesRules(ip6.stdout, 6));
  const saved: Record<Family, boolean> = { 4: ip4?.ok ?? false, 6: ip6?.ok ?? false };
  if (nft) rules.push(nftRules(nft, (family) => saved[family]));
  const tablesHidden = ip4 !== undefined && !ip4.ok;
  return {
    rules,
    isHidden: nftHidden || tablesHidden || (nft === undefined && ip4 === undefined),
    zones,
    ufw: isUfwOn(),
  };
}

async function isDenied(run: RunTool, program: string, ...args: string[]): Promise<boolean> {
  const output = await run(program, ...args);
  return output !== undefined && !output.ok;
}

async function readZones(run: RunTool): Promise<Zone[] | undefined> {
  const active = await run("firewall-cmd", "--get-active-zones");
  if (!active?.ok) return undefined;
  const names = active.stdout.split("\n").flatMap((line) => /^(\S+)/.exec(line)?.[1] ?? []);
  return await Promise.all(names.map(async (name) => {
    const { stdout } = (await run("firewall-cmd", `--zone=${name}`, "--list-all")) ?? { stdout: "" };
    const words = (key: string) =>
      new RegExp(`^\\s*${key}:\\s*(.*)$`, "m").exec(stdout)?.[1]?.split(/\s+/).filter(Boolean) ?? [];
    return {
      name,
      interfaces: words("interfaces"),
      ports: words("ports"),
      isOpen: words("target")[0]?.toUpperCase() === "ACCEPT",
    };
  }));
}

function isUfwOn(): boolean {
  try {
    return /^\s*ENABLED\s*=\s*yes/mi.test(Deno.readTextFileSync("/etc/ufw/ufw.conf"));
  } catch {
    return false;
  }
}
