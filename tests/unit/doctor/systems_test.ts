// Checks on systems that the tests do not run on, by what their tools print.

import { assertEquals, assertMatch } from "@std/assert";
import { container } from "../../../lib/doctor/checks/container.ts";
import { firewall } from "../../../lib/doctor/checks/firewall.ts";
import { privacy } from "../../../lib/doctor/checks/privacy.ts";
import type { Verdict } from "../../../lib/doctor/finding.ts";
import type { Scene } from "../../../lib/doctor/scene.ts";
import { type Firewall, readFirewall } from "../../../lib/doctor/system/firewall.ts";
import { isTunnel, isVirtual } from "../../../lib/doctor/system/kinds.ts";
import { readSystem, type SystemInterface, type SystemReport } from "../../../lib/doctor/system/report.ts";
import type { RunTool } from "../../../lib/doctor/system/tools.ts";
import type { NetLink } from "../../../lib/net/interfaces.ts";

const LINK = {
  interface: "wlan0",
  family: 4,
  addresses: ["192.168.1.7"],
  loopback: false,
  subnets: [],
} as unknown as NetLink;
const found = () => Promise.reject(new Error("nobody asks"));

/** Runs the tools that are named here; there are no others. */
function tools(outputs: Readonly<Record<string, string>>): RunTool {
  return (program, ...args) => {
    const stdout = outputs[[program, ...args].join(" ")] ?? outputs[program];
    return Promise.resolve(
      stdout === undefined ? undefined : { ok: stdout !== "denied", stdout, stderr: "" },
    );
  };
}

async function judge(os: Scene["os"], known: Firewall): Promise<Verdict> {
  const system = { firewall: known } as SystemReport;
  return (await firewall.look(
    { os, system, realLinks: [LINK], isOwn: () => false } as unknown as Scene,
    found,
  ))!;
}

const ZONES = {
  "firewall-cmd --get-active-zones": "public\n  interfaces: wlan0\n",
  "nft": "denied",
  "iptables-save": "denied",
};

Deno.test("the zone of firewalld that is in use is read, also by a user who may not read the rules", async () => {
  const closed = "public (active)\n  target: default\n  interfaces: wlan0\n  ports: 22/tcp 3333/udp\n";
  const verdict = await judge(
    "linux",
    await readFirewall(tools({ ...ZONES, "firewall-cmd --zone=public --list-all": closed }), "linux"),
  );
  assertEquals(verdict.status, "fault");
  assertMatch(verdict.commands!.join(), /firewall-cmd --permanent --zone=public --add-port=3333\/udp/);
  const open = closed.replace("22/tcp", "1025-65535/tcp");
  const fine = await judge(
    "linux",
    await readFirewall(tools({ ...ZONES, "firewall-cmd --zone=public --list-all": open }), "linux"),
  );
  assertEquals(fine.status, "pass");
});

Deno.test("a firewall whose rules only root may read is not guessed", async () => {
  const hidden = await readFirewall(tools({ nft: "denied", "iptables-save": "denied" }), "linux");
  assertEquals((await judge("linux", { ...hidden, ufw: false })).status, "unknown");
  const ufw = await judge("linux", { ...hidden, ufw: true });
  assertEquals([ufw.status, ufw.commands![0]], ["warning", "sudo ufw status"]);
});

for (const os of ["darwin", "windows"] as const) {
  Deno.test(`what ${os} does not tell is said, with where to look`, async () => {
    const wall = await readFirewall(tools({}), os);
    for (const verdict of [await judge(os, wall), (await privacy.look({ os } as Scene, found))!]) {
      assertEquals(verdict.status, "unknown");
      assertMatch(verdict.saw, /cannot be seen from here/);
      assertMatch(verdict.fix!, /^Look at /);
      assertEquals(verdict.commands!.length, 1);
    }
  });
}

Deno.test("WSL is told apart by its kernel, and by how it is connected", async () => {
  const look = async (networking: string | undefined) => {
    const outputs = {
      "uname -r": "5.15.153.1-microsoft-standard-WSL2\n",
      ...(networking && { wslinfo: networking }),
    };
    const system = await readSystem(tools(outputs), [], "/nowhere/earshot.db", "linux");
    return (await container.look({ system, realLinks: [] as NetLink[] } as unknown as Scene, found))!;
  };
  assertEquals((await look("mirrored\n")).status, "pass");
  assertEquals((await look("nat\n")).status, "warning");
  assertEquals((await look(undefined)).status, "unknown");
});

Deno.test("without any tool of the system nothing is known, and nothing fails", async () => {
  const report = await readSystem(tools({}), [LINK], "/nowhere/earshot.db", "linux");
  const { interfaces, outward, holders, neighbours, gateways, databaseUsers } = report;
  assertEquals([interfaces, outward], [undefined, undefined]);
  assertEquals([holders, neighbours, gateways, databaseUsers].flat(), []);
});

Deno.test("interfaces that lead nowhere are told from those that do", () => {
  const real = (name: string, kind?: string, master?: string): SystemInterface => ({
    name,
    kind,
    master,
    isUp: true,
    hasCarrier: true,
    isPointToPoint: false,
  });
  const all = [
    real("eth0", undefined, "br0"),
    real("br0", "bridge"),
    real("veth1a", "veth", "docker0"),
    real("docker0", "bridge"),
    real("office", "wireguard"),
    real("wlan0"),
  ];
  const names = (of: (name: string, all: SystemInterface[]) => boolean) =>
    all.map(({ name }) => name).filter((name) => of(name, all));
  assertEquals(names(isVirtual), ["veth1a", "docker0", "office"]);
  assertEquals(names(isTunnel), ["office"]);
});
