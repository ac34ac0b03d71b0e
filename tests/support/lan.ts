// A small network for tests: hosts are network namespaces, cables are veth pairs, and a namespace of its own holds the
// bridges. Nothing touches the network of the machine.
//
//     namespace es4k2-a        namespace es4k2-b        namespace es4k2-c
//   ┌───────────────────┐    ┌───────────────────┐    ┌────────────────────┐
//   │ lo          eth0  │    │ lo          eth0  │    │ lo   eth0    eth1  │   10.83.0.1, .2, .3 on eth0
//   │             │     │    │             │     │    │      │       │     │   fd83::1, ::2, ::3, and fe80::…
//   └─────────────┼─────┘    └─────────────┼─────┘    └──────┼───────┼─────┘
//                 │                        │                 │       │
//   ┌─────────────┼────────────────────────┼─────────────────┼───────┼─────┐
//   │           a-eth0                   b-eth0            c-eth0  c-eth1  │
//   │   ┌─────────┴────────────────────────┴─────────────────┴──┐  ┌─┴──┐  │
//   │   │ br0                                                   │  │br1 │  │   10.83.1.0/24, fd83:0:0:1::/64
//   │   └───────────────────────────────────────────────────────┘  └────┘  │
//   └──────────────────────── namespace es4k2 ─────────────────────────────┘

/** What a lab is made of. */
export interface LanOptions {
  /** Names of the hosts, at most 6 of `a-z 0-9` each; the first has the number 1 in its addresses. */
  readonly hosts: readonly string[];
  /** IPv4 addresses on every interface; on unless told. */
  readonly ipv4?: boolean;
  /** IPv6 on every host: with an address of the lab beside fe80::…, or with that alone; on unless told. */
  readonly ipv6?: boolean | "link-local";
}

/** Options of {@linkcode Lan.exec}: those of Deno.Command; unless told stdin is null, stdout and stderr are piped. */
export type ExecOptions = Pick<
  Deno.CommandOptions,
  "env" | "clearEnv" | "cwd" | "stdin" | "stdout" | "stderr"
>;

/** Hosts on a bridge, gone with everything that runs on them when the lab is disposed of. */
export class Lan implements AsyncDisposable {
  readonly #prefix = `es${crypto.randomUUID().slice(0, 6)}`;
  readonly #options: LanOptions;
  readonly #bridges: string[] = [];
  /** Bridge of each interface, by `host/interface`. */
  readonly #plugged = new Map<string, string>();
  readonly #children: Deno.ChildProcess[] = [];
  /** Hosts whose `eth0` is a cable for a program. */
  readonly #tapped = new Set<string>();

  private constructor(options: LanOptions) {
    this.#options = options;
  }

  /**
   * Why there can be no lab on this machine, or undefined. Throws instead where `EARSHOT_REQUIRE` has `lan` in its list,
   * so that no test is left out where all are meant to run.
   */
  static available(): string | undefined {
    const reason = unavailable();
    const required = (Deno.env.get("EARSHOT_REQUIRE") ?? "").split(",").includes("lan");
    if (reason !== undefined && required) throw new Error(`the lab of hosts is required, but ${reason}`);
    return reason;
  }

  /** Makes the hosts, with `eth0` of each on `br0`. Every address can be used at once. */
  static async create(options: LanOptions): Promise<Lan> {
    const lan = new Lan(options);
    try {
      await ip("netns", "add", lan.#prefix);
      for (const host of options.hosts) await lan.#addHost(host);
      for (const host of options.hosts) await lan.plug(host, "br0");
    } catch (error) {
      await lan[Symbol.asyncDispose]();
      throw error;
    }
    return lan;
  }

  /** Whether hosts have IPv4. */
  get hasIpv4(): boolean {
    return this.#options.ipv4 ?? true;
  }

  /** The number of a host in its addresses. */
  number(host: string): number {
    return this.#options.hosts.indexOf(host) + 1;
  }

  /** Name of the host's namespace. */
  namespace(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  /** Address of a host that the lab gave it on the bridge that the interface is plugged into. */
  address(host: string, family: 4 | 6, iface = "eth0"): string {
    const net = this.#bridges.indexOf(this.#plugged.get(`${host}/${iface}`)!);
    const number = this.number(host);
    return family === 4
      ? `10.83.${net}.${number}`
      : net === 0
      ? `fd83::${number}`
      : `fd83:0:0:${net}::${number}`;
  }

  /** Link-local IPv6 address of an interface, without zone. */
  async linkLocal(host: string, iface = "eth0"): Promise<string> {
    const text = await this.ip(host, "-6", "-o", "addr", "show", "dev", iface, "scope", "link");
    return /inet6 (fe80:[0-9a-f:]+)/.exec(text)![1]!;
  }

  /** Starts a command on a host. It is killed at the latest when the lab goes. */
  exec(host: string, command: readonly string[], options: ExecOptions = {}): Deno.ChildProcess {
    const child = new Deno.Command("ip", {
      args: ["netns", "exec", this.namespace(host), ...command],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...options,
    }).spawn();
    this.#children.push(child);
    return child;
  }

  /** Runs `ip …` on a host to its end; returns what it printed. */
  ip(host: string, ...args: string[]): Promise<string> {
    return ip("-n", this.namespace(host), ...args);
  }

  /** Gives a host one more interface (`eth0`, `eth1`, …) with a cable to a bridge, which is made where it is new. */
  async plug(host: string, bridge: string): Promise<string> {
    if (!this.#bridges.includes(bridge)) {
      await this.#switch(`link add ${bridge} type bridge forward_delay 0 mcast_snooping 0`);
      await this.#switch(`link set ${bridge} up`);
      this.#bridges.push(bridge);
    }
    let number = 0;
    while (this.#plugged.has(`${host}/eth${number}`)) number++;
    const iface = `eth${number}`;
    const port = `${host}-${iface}`;
    this.#plugged.set(`${host}/${iface}`, bridge);
    await this.#switch(`link add ${port} type veth peer name ${iface} netns ${this.namespace(host)}`);
    await this.#switch(`link set ${port} master ${bridge} up`);
    await this.interfaceUp(host, iface);
    return iface;
  }

  /**
   * Gives the `eth0` of a host to a program that has a network of its own: what comes in and goes out there does so
   * through the TAP device `tap0`, and the host itself has no address any more. It stays that way.
   */
  async tap(host: string): Promise<void> {
    if (this.#tapped.has(host)) return;
    this.#tapped.add(host);
    await this.ip(host, "addr", "flush", "dev", "eth0");
    await run("ip", "netns", "exec", this.namespace(host), "sh", "-c", setIpv6({ disable_ipv6: 1 }));
    await this.ip(host, "tuntap", "add", "tap0", "mode", "tap");
    await this.ip(host, ..."link add br0 type bridge forward_delay 0 mcast_snooping 0".split(" "));
    for (const port of ["eth0", "tap0"]) await this.ip(host, "link", "set", port, "master", "br0", "up");
    await this.ip(host, "link", "set", "br0", "up");
  }

  /** Takes an interface out of its host, as one on USB that is pulled. */
  async unplug(host: string, iface: string): Promise<void> {
    await this.ip(host, "link", "del", iface);
    this.#plugged.delete(`${host}/${iface}`);
  }

  /** Pulls the cable: the interface keeps its addresses and believes that it sends. */
  async linkDown(host: string, iface = "eth0"): Promise<void> {
    await this.#switch(`link set ${host}-${iface} down`);
  }

  /** Puts the cable in again. Datagrams pass when this is done. */
  async linkUp(host: string, iface = "eth0"): Promise<void> {
    await this.#switch(`link set ${host}-${iface} up`);
    await this.#passing(host, iface);
  }

  /** Keeps the host apart from others that are kept apart too, as an access point does; the rest reach everybody. */
  async isolate(host: string, iface = "eth0"): Promise<void> {
    await this.#switch(`link set ${host}-${iface} type bridge_slave isolated on`);
  }

  /** Makes a bridge send an IPv4 group to its members alone, as a switch does that snoops. Nobody asks the members. */
  async snoop(bridge: string): Promise<void> {
    const never = "mcast_startup_query_count 0 mcast_query_interval 360000 mcast_query_response_interval 1";
    await this.#switch(`link set ${bridge} type bridge ${never} mcast_snooping 1`);
    await this.#switch(`link set ${bridge} type bridge mcast_querier 1`);
    for (const [plugged, on] of this.#plugged) {
      if (on !== bridge) continue;
      await this.#switch(`link set ${plugged.replace("/", "-")} type bridge_slave mcast_flood off`);
    }
  }

  /** Lists the groups that a bridge that snoops sends to a host. */
  async groups(bridge: string, host: string, iface = "eth0"): Promise<string[]> {
    const [{ mdb }] = JSON.parse(await run("bridge", "-n", this.#prefix, "-j", "mdb", "show", "dev", bridge));
    return mdb.filter(({ port }: { port: string }) => port === `${host}-${iface}`)
      .map(({ grp }: { grp: string }) => grp);
  }

  /** Makes a bridge that snoops forget the groups of a host, as a switch that was started anew. */
  async forget(bridge: string, host: string, iface = "eth0"): Promise<void> {
    for (const group of await this.groups(bridge, host, iface)) {
      const entry = ["dev", bridge, "port", `${host}-${iface}`, "grp", group];
      await run("bridge", "-n", this.#prefix, "mdb", "del", ...entry);
    }
  }

  /** Sends a signal to everything that runs on a host. */
  async signal(host: string, signal: Deno.Signal): Promise<void> {
    const pids = await ip("netns", "pids", this.namespace(host));
    for (const pid of pids.split("\n").filter(Boolean)) Deno.kill(Number(pid), signal);
  }

  /** Sends the host nothing any more that is for a multicast group, as a switch that has lost track of its members. */
  async filterMulticast(host: string, iface = "eth0"): Promise<void> {
    await this.#switch(`link set ${host}-${iface} type bridge_slave mcast_flood off`);
  }

  /** Switches the interface off on its host: IPv6 addresses go, the IPv4 address stays and sends fail. */
  async interfaceDown(host: string, iface = "eth0"): Promise<void> {
    await this.ip(host, "link", "set", iface, "down");
  }

  /** Switches the interface on again, with all its addresses. Datagrams pass when this is done. */
  async interfaceUp(host: string, iface = "eth0"): Promise<void> {
    await this.ip(host, "link", "set", iface, "up");
    if (!this.#tapped.has(host) && (this.#options.ipv4 ?? true)) {
      await this.ip(host, "addr", "replace", `${this.address(host, 4, iface)}/24`, "dev", iface);
    }
    if (!this.#tapped.has(host) && (this.#options.ipv6 ?? true) === true) {
      await this.ip(host, "addr", "replace", `${this.address(host, 6, iface)}/64`, "dev", iface);
    }
    await this.#passing(host, iface);
  }

  /** Kills what runs on the hosts and removes every namespace of this lab, whatever became of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const namespaces = (await ip("netns", "list")).split("\n").map((line) => line.split(" ")[0]!)
      .filter((name) => name === this.#prefix || name.startsWith(`${this.#prefix}-`));
    for (const name of namespaces) await this.#killAll(name);
    for (const child of this.#children) {
      await child.status;
      for (const stream of ["stdout", "stderr"] as const) {
        try {
          await child[stream].cancel();
        } catch { /* not piped, or somebody reads it */ }
      }
    }
    const removals = await Promise.allSettled(namespaces.map((name) => ip("netns", "del", name)));
    for (const removal of removals) if (removal.status === "rejected") throw removal.reason;
  }

  async #addHost(host: string): Promise<void> {
    if (!/^[a-z0-9]{1,6}$/.test(host)) throw new Error(`bad name of a host: ${host}`);
    await ip("netns", "add", this.namespace(host));
    // Without the probe for duplicates an IPv6 address can be used at once.
    const settings: Record<string, number> = (this.#options.ipv6 ?? true)
      ? { accept_dad: 0, dad_transmits: 0 }
      : { disable_ipv6: 1 };
    await run("ip", "netns", "exec", this.namespace(host), "sh", "-c", setIpv6(settings));
    await this.ip(host, "link", "set", "lo", "up");
  }

  /** Waits for the kernel's workers, which bring up both ends of a cable some time after the command. */
  async #passing(host: string, iface: string): Promise<void> {
    for (let tries = 0; tries < 2_000; tries++) {
      const port = await this.#switch(`-d -o link show dev ${host}-${iface}`);
      const own = await this.ip(host, "-o", "link", "show", "dev", iface);
      const tentative = await this.ip(host, "-6", "-o", "addr", "show", "dev", iface, "tentative");
      if (/ state forwarding /.test(port) && /[<,]LOWER_UP[,>]/.test(own) && tentative === "") return;
    }
    throw new Error(`the cable of ${host}/${iface} does not come up`);
  }

  #switch(words: string): Promise<string> {
    return ip("-n", this.#prefix, ...words.split(" "));
  }

  /** Kills what runs on a host, and what that starts meanwhile. */
  async #killAll(namespace: string): Promise<void> {
    for (let round = 0; round < 100; round++) {
      const pids = (await ip("netns", "pids", namespace)).split("\n").filter(Boolean);
      if (pids.length === 0) return;
      for (const pid of pids) {
        try {
          Deno.kill(Number(pid), "SIGKILL");
        } catch { /* it has just ended */ }
      }
    }
  }
}

let known: { readonly reason: string | undefined } | undefined;

function unavailable(): string | undefined {
  if (known) return known.reason;
  let reason: string | undefined;
  if (Deno.build.os !== "linux") reason = "network namespaces exist on Linux only";
  else {
    const name = `es${crypto.randomUUID().slice(0, 6)}`;
    try {
      const { success, stderr } = new Deno.Command("ip", { args: ["netns", "add", name] }).outputSync();
      if (success) new Deno.Command("ip", { args: ["netns", "del", name] }).outputSync();
      else reason = `no network namespace can be made: ${new TextDecoder().decode(stderr).trim()}`;
    } catch (error) {
      reason = `the program ip cannot be run: ${(error as Error).message}`;
    }
  }
  known = { reason };
  return reason;
}

/** Shell commands that set something of IPv6 for every interface, those to come too. */
function setIpv6(settings: Record<string, number>): string {
  return Object.entries(settings).flatMap(([key, value]) =>
    ["all", "default"].map((scope) => `echo ${value} > /proc/sys/net/ipv6/conf/${scope}/${key}`)
  ).join(" && ");
}

function ip(...args: string[]): Promise<string> {
  return run("ip", ...args);
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim() || "failed"}`);
  }
  return new TextDecoder().decode(stdout);
}
