import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Lan, type LanOptions } from "../support/lan.ts";
import { PATIENCE, TIMEOUT } from "../support/patience.ts";
import {
  homeEnv,
  type JsonLine,
  lateness,
  Program,
  type ProgramOptions,
  type ProgramResult,
  ROOT,
  startProgram,
} from "../support/program.ts";
import { lacks } from "../support/require.ts";

/** Longest wait for something that takes the program some 20 s, or for many programs at once, milliseconds. */
export const LONG = PATIENCE + 60_000;

const SKIPPED = lacks("lan");

/** A test on hosts of its own, named `hosts`; ignored where there can be none (see `lacks`). */
export function lanTest(
  name: string,
  hosts: readonly string[],
  fn: (lan: Lan, ...hosts: LabHost[]) => Promise<void>,
  options: Omit<LanOptions, "hosts"> = {},
): void {
  Deno.test({ name, ignore: SKIPPED, fn: () => withLab(hosts, fn, options) });
}

/** Makes hosts, hands them to `fn`, and removes them and their homes afterwards. */
export async function withLab(
  names: readonly string[],
  fn: (lan: Lan, ...hosts: LabHost[]) => Promise<void>,
  options: Omit<LanOptions, "hosts"> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-lan-" });
  try {
    await using lan = await Lan.create({ hosts: names, ...options });
    const hosts = names.map((name) => new LabHost(lan, name, join(folder, name)));
    for (const host of hosts) {
      await Deno.mkdir(host.state, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(
        join(host.state, "earshot.jsonc"),
        JSON.stringify({ name: host.name, timeout: TIMEOUT / 1000 }),
      );
    }
    await fn(lan, ...hosts);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A host of the lab with somebody's home on it; its peer is called like the host. */
export class LabHost {
  constructor(readonly lan: Lan, readonly name: string, readonly home: string) {}

  /** State folder of the default profile. */
  get state(): string {
    return join(this.home, "state");
  }

  /** Starts a command. */
  start(args: readonly string[], options: Omit<ProgramOptions, "netns" | "env"> = {}): Program {
    return startProgram(args, {
      cwd: this.home,
      ...options,
      netns: this.lan.namespace(this.name),
      env: homeEnv(this.home),
    });
  }

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<ProgramResult> {
    await using program = this.start(args);
    return await program.ended(LONG);
  }

  /** Starts `run --json` and waits until it is ready. */
  async up(...args: string[]): Promise<Program> {
    const program = this.start(["run", "--json", ...args]);
    await program.waitForEvent("ready");
    return program;
  }

  /** Writes a file into the home and gives its path. */
  async file(name: string, content: string): Promise<string> {
    const path = join(this.home, name);
    await Deno.writeTextFile(path, content);
    return path;
  }

  /** What came in from `sender`: content by file name. */
  received(sender: string, inbox = "earshot-inbox"): Record<string, string> {
    const folder = join(this.home, inbox, sender);
    try {
      const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).toSorted();
      return Object.fromEntries(names.map((name) => [name, Deno.readTextFileSync(join(folder, name))]));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return {};
      throw error;
    }
  }

  /** Starts a script on this host: one of `agents/`, or any by its URL. */
  agent(script: string, ...args: string[]): Program {
    return this.agentOn(Deno.execPath(), script, ...args);
  }

  /** {@linkcode agent}, run by another program than the Deno of the tests: a link to it with another name. */
  agentOn(runtime: string, script: string, ...args: string[]): Program {
    const path = fromFileUrl(new URL(script, new URL("agents/", import.meta.url)));
    const command = ["run", "-q", "--cached-only", "--config", join(ROOT, "deno.json"), "-P=test", path];
    return new Program(
      this.lan.exec(this.name, [runtime, ...command, ...args]),
      `agent ${script}`,
      false,
    );
  }
}

/** Waits until each of the running peers has seen each of the others come up. */
export async function meet(peers: Readonly<Record<string, Program>>): Promise<JsonLine[]> {
  const seen = [];
  for (const [name, program] of Object.entries(peers)) {
    for (const other of Object.keys(peers)) {
      if (other !== name) seen.push(await program.waitForEvent("peer", { state: "up", name: other }));
    }
  }
  return seen;
}

/** {@linkcode meet}, each within a second of when both were there, or what this machine is late. */
export async function meetAtOnce(peers: Readonly<Record<string, Program>>): Promise<JsonLine[]> {
  const seen = await meet(peers);
  const most = 1_000 + lateness(...Object.values(peers));
  const readyAt = (program: Program) => program.ready.at;
  for (const program of Object.values(peers)) {
    for (const { event, state, name, at } of program.json()) {
      if (event !== "peer" || !(name in peers)) continue;
      const took = at - Math.max(readyAt(program), readyAt(peers[name]!));
      assert(state === "up" && took < most, `${name} was ${state} after ${took} ms`);
    }
  }
  return seen;
}

/** The id that a peer told when it was ready. */
export function idOf(peer: Program): string {
  return peer.ready.id;
}

/** What a running peer told of others coming and going: `+name`, `-name`. */
export function comings(peer: Program): string[] {
  return peer.json().filter(({ event }) => event === "peer")
    .map(({ state, name }) => (state === "up" ? "+" : "-") + name);
}

/** Resident memory of a program, MiB. */
export function residentMiB(program: Program): number {
  // Reading /proc oneself takes every permission there is.
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${program.pid}/status`] }).outputSync();
  return Number(/VmRSS:\s+(\d+) kB/.exec(new TextDecoder().decode(stdout))![1]) / 1024;
}

/** Runs a shell command on a host. */
export async function shell(lan: Lan, host: string, command: string): Promise<void> {
  const { success, stderr } = await lan.exec(host, ["sh", "-c", command]).output();
  assert(success, `${command}: ${new TextDecoder().decode(stderr)}`);
}

/** Puts `far` on a second network, with `router` between that and the first one. */
export async function twoNetworks(
  lan: Lan,
  router: LabHost,
  near: readonly LabHost[],
  far: LabHost,
): Promise<void> {
  await lan.unplug(far.name, "eth0");
  await lan.plug(far.name, "br1");
  await lan.plug(router.name, "br1");
  await shell(
    lan,
    router.name,
    "echo 1 > /proc/sys/net/ipv4/ip_forward && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
  );
  for (const [hosts, iface] of [[near, "eth0"], [[far], "eth1"]] as const) {
    for (const { name } of hosts) {
      for (const family of [4, 6] as const) {
        const via = lan.address(router.name, family, iface);
        await lan.ip(name, `-${family}`, "route", "add", "default", "via", via);
      }
    }
  }
}

/** Names of the peers that are up, as `peers` lists them. */
export async function seen(host: LabHost, ...args: string[]): Promise<string[]> {
  const { stdout } = await host.run("peers", "--json", ...args);
  return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line))
    .filter(({ state }) => state === "up").map(({ name }) => name).toSorted();
}

/** Waits until the two have told of each other. */
export async function meetAcross(a: Program, b: Program): Promise<void> {
  await a.waitForEvent("peer", { state: "up", name: "bert" });
  await b.waitForEvent("peer", { state: "up", name: "anna" });
}
