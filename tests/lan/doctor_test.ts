import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Lan } from "../support/lan.ts";
import { lacks } from "../support/require.ts";
import { acquaint, assertFindings, doctorOn, sideBySide, type Trouble } from "./doctor.ts";
import { type LabHost, meet, twoNetworks, withLab } from "./lab.ts";

const TROUBLES: readonly Trouble[] = [
  {
    what: "nothing",
    expected: {},
    saw: /./,
    async test({ anna, bert }, doctor) {
      await using a = await anna.up();
      await using b = await bert.up();
      await meet({ anna: a, bert: b });
      return await doctor();
    },
  },
  {
    what: "nothing, with IPv4 alone",
    families: { ipv6: false },
    expected: {},
    saw: /./,
    test: ({ bert }, doctor) => beside(bert, () => doctor()),
  },
  {
    what: "nothing, with link-local IPv6 alone, in a closed group",
    families: { ipv4: false, ipv6: "link-local" },
    expected: {},
    saw: /./,
    async test({ anna, bert }, doctor) {
      const made = await anna.run("group", "new", "lab");
      assertEquals((await bert.run("join", made.stdout.trim())).code, 0);
      return await beside(bert, () => doctor());
    },
  },
  {
    what: "an interface that is switched off",
    expected: { interfaces: "fault" },
    saw: /eth0 is switched off/,
    command: /^sudo ip link set eth0 up$/,
    async test({ lan }, doctor) {
      await lan.interfaceDown("anna");
      return await doctor();
    },
  },
  {
    what: "a cable that is pulled",
    expected: { interfaces: "fault" },
    saw: /eth0 has no link/,
    command: /nmcli/,
    async test({ lan }, doctor) {
      await lan.linkDown("anna");
      return await doctor();
    },
  },
  {
    what: "nothing but the bridge of containers",
    expected: { virtual: "fault" },
    saw: /docker0/,
    command: /nmcli/,
    async test({ lan }, doctor) {
      await lan.interfaceDown("anna");
      await lan.ip("anna", "link", "add", "docker0", "type", "bridge");
      await lan.ip("anna", "addr", "add", "172.17.0.1/16", "dev", "docker0");
      await lan.ip("anna", "link", "set", "docker0", "up");
      return await doctor();
    },
  },
  {
    what: "a VPN that has the default route",
    expected: { vpn: "warning" },
    saw: /default route leads into the tunnel tun0/,
    command: /^sudo ip link set tun0 down$/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        await tunnel(lan, "default");
        return await doctor();
      }),
  },
  {
    what: "a VPN that takes what is for the network",
    expected: { vpn: "fault" },
    saw: /network of eth0 goes into the tunnel tun0/,
    command: /^sudo ip link set tun0 down$/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        await tunnel(lan, "default", "10.83.0.0/25", "10.83.0.128/25");
        return await doctor();
      }),
  },
  {
    what: "another program with UDP port 3333",
    expected: { port: "fault" },
    saw: /UDP port 3333 belongs to deno \(process \d+\)/,
    command: /^kill \d+$/,
    test: ({ anna, bert }, doctor) =>
      beside(bert, async () => {
        await using holder = anna.agent("hold.ts");
        await holder.waitForLine(/held/);
        return await doctor();
      }),
  },
  {
    what: "another program with TCP port 3333",
    expected: { port: "warning" },
    saw: /TCP port 3333 belongs to holder \(process \d+\)\. Your peer will take 3334/,
    command: /^kill \d+$/,
    test: ({ anna, bert }, doctor) =>
      beside(bert, async () => {
        await Deno.symlink(Deno.execPath(), join(anna.home, "holder"));
        await using holder = anna.agentOn(join(anna.home, "holder"), "hold_tcp.ts");
        await holder.waitForLine(/held/);
        return await doctor();
      }),
  },
  {
    what: "multicast that does not leave",
    expected: { multicast: "fault" },
    saw: /does not come back on eth0 \(IPv4\), eth0 \(IPv6\)/,
    command: /ip maddress/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        await rules(lan, "anna", "output", "ip daddr 239.255.83.72 drop", "ip6 daddr ff12::ea25:5348 drop");
        return await doctor();
      }),
  },
  {
    what: "multicast that does not leave over IPv6",
    expected: { multicast: "warning" },
    saw: /does not come back on eth0 \(IPv6\)/,
    command: /ip maddress/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        await rules(lan, "anna", "output", "ip6 daddr ff12::ea25:5348 drop");
        return await doctor();
      }),
  },
  {
    what: "a firewall (nftables) that keeps UDP out",
    expected: { firewall: "fault" },
    saw: /nftables inet test in keeps out multicast on UDP 3333 on eth0 \(IPv4\), eth0 \(IPv6\); UDP 3333/,
    command: /^sudo nft insert rule inet test in udp dport 3333 accept$/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        const states = "ct state vmap { established : accept, related : accept, invalid : drop }";
        await rules(
          lan,
          "anna",
          "input",
          states,
          "meta l4proto { icmp, icmpv6 } accept",
          "meta l4proto udp drop",
        );
        return await doctor();
      }),
  },
  {
    what: "a firewall (iptables) that keeps TCP out",
    expected: { firewall: "fault" },
    saw: /iptables INPUT keeps out TCP 3333 on eth0 \(IPv4\)\.$/,
    command: /^sudo iptables -I INPUT -p tcp --dport 3333:3349 -j ACCEPT$/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        const commands = [
          "-N office",
          "-A office -s 10.0.0.0/8 -p tcp -m multiport --dports 22,3333:3349 -j REJECT",
          "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
          "-A INPUT -i eth0 -j office",
        ];
        for (const words of commands) await execute(lan, "anna", "iptables", ...words.split(" "));
        return await doctor();
      }),
  },
  {
    what: "an access point that keeps its clients apart",
    others: ["gate"],
    expected: { isolation: "fault" },
    saw: /The gateway answers, but no neighbour does that was here before \(bert at /,
    async test({ lan, anna, bert }, doctor) {
      await lan.ip("anna", "route", "add", "default", "via", lan.address("gate", 4));
      await using a = await anna.up();
      await using b = await bert.up();
      await meet({ anna: a, bert: b });
      for (const host of ["anna", "bert"]) {
        await lan.isolate(host);
        await lan.ip(host, "neigh", "flush", "all");
      }
      return await doctor();
    },
  },
  {
    what: "a switch that filters multicast",
    expected: { snooping: "fault" },
    saw: /^bert \(.*\): answers what is sent to it alone, but nothing that is sent to the group gets there/,
    command: /earshot --interface/,
    async test({ lan, anna, bert }, doctor) {
      await using a = await anna.up();
      await using b = await bert.up();
      await meet({ anna: a, bert: b });
      for (const host of ["anna", "bert"]) await lan.filterMulticast(host);
      return await doctor();
    },
  },
  {
    what: "a switch that filters multicast in one direction",
    expected: { snooping: "warning" },
    saw:
      /^bert \(.*\): hears what is sent to the group, but what comes from there to the group does not get here\.$/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        await lan.filterMulticast("anna");
        return await doctor();
      }),
  },
  {
    what: "a peer whose firewall drops sessions",
    expected: { peers: "fault" },
    saw: /bert is heard, but TCP 10\.83\.0\.2:3333 does not answer/,
    command: /earshot doctor/,
    test: ({ lan, bert }, doctor) =>
      beside(bert, async () => {
        await rules(lan, "bert", "input", "tcp dport 3333-3349 drop");
        return await doctor("--interface", "10.83.0.1");
      }),
  },
  {
    what: "nothing, with a peer on another network that the configuration names",
    others: ["router"],
    expected: {},
    saw: /./,
    async test({ lan, anna, bert, others: [third] }, doctor) {
      await twoNetworks(lan, third!, [anna], bert);
      await anna.file(
        "state/earshot.jsonc",
        JSON.stringify({ name: "anna", peer: [lan.address("bert", 4)] }),
      );
      return await beside(bert, () => doctor());
    },
  },
  {
    what: "a named peer that is not there",
    expected: { peers: "fault" },
    saw: /^TCP 10\.83\.0\.77:4000, named by --peer 10\.83\.0\.77:4000, (?:does not answer|is not reached)\.$/,
    command: /^earshot doctor$/,
    test: ({ bert }, doctor) => beside(bert, () => doctor("--peer", "10.83.0.77:4000")),
  },
  {
    what: "a peer that was met before, and whose UDP is filtered now",
    expected: { peers: "warning" },
    saw:
      /^Nobody on another machine was heard in the group earshot\. Reached, but not heard: bert \(.*:3333\)\.$/,
    command: /^earshot --peer /,
    async test({ lan, anna, bert }, doctor) {
      await acquaint(anna, bert);
      for (const chain of ["INPUT ! -i lo", "OUTPUT ! -o lo"]) {
        for (const tables of ["iptables", "ip6tables"]) {
          await execute(lan, "bert", tables, ...`-A ${chain} -p udp -j DROP`.split(" "));
        }
      }
      return await beside(bert, () => doctor());
    },
  },
  {
    what: "an access point that keeps a peer apart that was met before, while none is running",
    others: ["gate"],
    expected: { isolation: "warning" },
    saw: /^The gateway answers, but no neighbour does that was here before \(.*They may be switched off/,
    async test({ lan, anna, bert }, doctor) {
      await lan.ip("anna", "route", "add", "default", "via", lan.address("gate", 4));
      await acquaint(anna, bert);
      for (const host of ["anna", "bert"]) {
        await lan.isolate(host);
        await lan.ip(host, "neigh", "flush", "all");
      }
      return await beside(bert, () => doctor());
    },
  },
  {
    what: "a zone of firewalld that keeps UDP out",
    expected: { firewall: "fault" },
    saw: /^firewalld keeps out multicast on UDP 3333 on eth0/,
    command: /^sudo firewall-cmd --permanent --zone=public --add-port=3333\/udp/,
    test: ({ lan, anna, bert }) =>
      beside(bert, async () => {
        await rules(lan, "anna", "input", "meta l4proto udp drop");
        // What the tool prints where it runs; the rules are real.
        const bin = join(anna.home, "bin");
        await Deno.mkdir(bin);
        const zone = "public (active)\n  target: default\n  interfaces: eth0\n  ports: 22/tcp\n";
        const script =
          `#!/bin/sh\ncase "$1" in --state) echo running;; --get-active-zones) printf 'public\\n  interfaces: eth0\\n';; *) printf '%s' '${zone}';; esac\n`;
        await Deno.writeTextFile(join(bin, "firewall-cmd"), script, { mode: 0o755 });
        return await doctorOn(anna, [], { PATH: `${bin}:${Deno.env.get("PATH")}` });
      }),
  },
  {
    what: "nothing but a tunnel",
    expected: { virtual: "fault" },
    saw: /^Only virtual interfaces have an address: tun0/,
    command: /nmcli/,
    async test({ lan }, doctor) {
      await lan.interfaceDown("anna");
      await tunnel(lan);
      return await doctor();
    },
  },
  {
    what: "nobody else",
    expected: { peers: "warning" },
    saw: /Nobody on another machine was heard in the group earshot/,
    command: /^earshot$/,
    test: (_, doctor) => doctor(),
  },
  {
    what: "another machine with the same identity",
    expected: { identity: "fault" },
    saw: /bert at 10\.83\.0\.2 has the same id/,
    command: /identity\.json$/,
    async test({ anna, bert }, doctor) {
      assertEquals((await anna.run("id")).code, 0);
      Deno.copyFileSync(join(anna.state, "identity.json"), join(bert.state, "identity.json"));
      return await beside(bert, () => doctor());
    },
  },
  {
    what: "a container with a network of its own",
    expected: { container: "warning" },
    saw: /container \(podman\) with a network of its own \(172\.17\.0\.1\)/,
    command: /^podman run --network host/,
    async test({ lan, anna, bert }) {
      for (const host of ["anna", "bert"]) {
        await lan.ip(host, "addr", "del", `${lan.address(host, 4)}/24`, "dev", "eth0");
        await lan.ip(host, "addr", "add", `172.17.0.${lan.number(host)}/16`, "dev", "eth0");
      }
      return await beside(bert, () => doctorOn(anna, [], { container: "podman" }));
    },
  },
  {
    what: "a clock that is an hour ahead",
    expected: { clock: "warning" },
    saw: /bert is 60 minutes ahead of this machine/,
    command: /timedatectl/,
    async test({ anna, bert }, doctor) {
      await using a = await anna.up();
      const options = ["--state", bert.state, "--inbox", join(bert.home, "in")];
      await using b = bert.agent("wrong_clock.ts", "run", "--json", ...options);
      await meet({ anna: a, bert: b });
      await using said = bert.agent("wrong_clock.ts", "say", "hi", "--to", "anna", ...options);
      assertEquals((await said.ended()).code, 0, said.stderr);
      return await doctor();
    },
  },
];

/** Faults of what is heard, which the doctor waits for. */
const HEARD: readonly Trouble[] = [
  {
    what: "peers of another group only",
    expected: { group: "warning" },
    saw: /Nobody of the group earshot was heard, but of others: bert \(group other\)/,
    command: /earshot join/,
    test: ({ anna, bert }) => doctorOn(anna, [], {}, async () => await bert.up("--group", "other")),
  },
  {
    what: "a peer with an address of another network",
    families: { ipv6: false },
    expected: { subnet: "warning" },
    saw: /^10\.99\.0\.2 can be heard, but is in none of the networks of this machine \(10\.83\.0\.1\)/,
    command: /^ip address$/,
    async test({ lan, anna, bert }) {
      await lan.ip("bert", "addr", "flush", "dev", "eth0");
      await lan.ip("bert", "addr", "add", "10.99.0.2/24", "dev", "eth0");
      return await doctorOn(anna, [], {}, () => bert.up());
    },
  },
  {
    what: "peers of a closed group only",
    expected: { group: "warning" },
    saw: /Nobody of the group earshot was heard, but of others: somebody at 10\.83\.0\.2 \(a closed group\)/,
    command: /earshot join/,
    async test({ anna, bert }) {
      assertEquals((await bert.run("group", "new", "lab")).code, 0);
      return await doctorOn(anna, [], {}, () => bert.up("--interface", "10.83.0.2"));
    },
  },
  {
    what: "a peer with another version",
    expected: { version: "warning" },
    saw: /Another version of Earshot is at 10\.83\.0\.2 \(version 2\)/,
    command: /--version/,
    async test({ lan, bert }, doctor) {
      await using _agent = bert.agent("other_version.ts", lan.address("bert", 4));
      return await doctor();
    },
  },
];

Deno.test({
  name: "the doctor names each trouble of a network, and nothing else",
  ignore: lacks("lan"),
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await sideBySide([...TROUBLES, ...HEARD], t, judge);
  },
});

async function judge({ families, others = [], expected, saw, command, test }: Trouble): Promise<void> {
  await withLab(["anna", "bert", ...others], async (lan, anna, bert, ...rest) => {
    const doctor = (...args: string[]) => doctorOn(anna!, args);
    const findings = await test({ lan, anna: anna!, bert: bert!, others: rest }, doctor);
    assertFindings(findings, expected, saw, command);
  }, families);
}

/** Calls `fn` while a peer runs on `host`. */
async function beside<T>(host: LabHost, fn: () => Promise<T>): Promise<T> {
  await using _peer = await host.up();
  return await fn();
}

/** Gives anna a tunnel that takes these routes. */
async function tunnel(lan: Lan, ...routes: readonly string[]): Promise<void> {
  await lan.ip("anna", "tuntap", "add", "tun0", "mode", "tun");
  await lan.ip("anna", "addr", "add", "10.200.0.2/32", "dev", "tun0");
  await lan.ip("anna", "link", "set", "tun0", "up");
  for (const route of routes) await lan.ip("anna", "route", "add", route, "dev", "tun0");
}

async function rules(
  lan: Lan,
  host: string,
  hook: "input" | "output",
  ...list: readonly string[]
): Promise<void> {
  const name = hook === "input" ? "in" : "out";
  const chain = [`type filter hook ${hook} priority 0`, ...list].join("\n");
  await execute(lan, host, "nft", `table inet test {\nchain ${name} {\n${chain}\n}\n}\n`);
}

async function execute(lan: Lan, host: string, ...command: readonly string[]): Promise<void> {
  const { success, stderr } = await lan.exec(host, command).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
