// `earshot doctor NAME`: each trouble with one peer is named, and nothing else.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Finding } from "../../lib/doctor/finding.ts";
import type { Lan } from "../support/lan.ts";
import { lacks } from "../support/require.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { acquaint, assertFindings, doctorOn, type Lab, sideBySide, type Trouble } from "./doctor.ts";
import { idOf, meet, meetAcross, shell, twoNetworks, withLab } from "./lab.ts";

const TROUBLES: readonly Trouble[] = [
  {
    what: "nothing, with two peers",
    expected: {},
    saw: /./,
    async test({ anna, bert }, doctor) {
      await using a = await anna.up();
      await using b = await bert.up();
      await meet({ anna: a, bert: b });
      const findings = await doctor();
      assertSaw(findings, "heard", /^bert is heard through .*eth0 \(IPv4\).*eth0 \(IPv6\)/);
      assertSaw(findings, "callback", /^bert has dialled TCP 3333 of this machine/);
      assertSaw(
        findings,
        "program",
        /^bert runs \d+\.\d+\.\d+ on linux, up for \d+ s; this is .* It uses .*eth0/,
      );
      return findings;
    },
  },
  {
    what: "nothing, with a command that lives for a moment, by the id",
    expected: {},
    saw: /./,
    async test({ anna, bert }) {
      await using b = await bert.up();
      const findings = await doctorOn(anna, [idOf(b), "--quiet"]);
      assertEquals(statusOf(findings), OF_A_PROGRAM);
      assertSaw(findings, "callback", /^bert has dialled TCP 3333 of this machine/);
      assertEquals(b.json().filter(({ name }) => name === "anna"), [], "a short-lived command was seen");
      return findings;
    },
  },
  {
    what: "nothing, across a router",
    others: ["router"],
    expected: {},
    saw: /./,
    async test({ lan, anna, bert, others: [router] }, doctor) {
      await twoNetworks(lan, router!, [anna], bert);
      await using b = await bert.up();
      await using a = await anna.up("--peer", lan.address("bert", 4));
      await meetAcross(a, b);
      const findings = await doctor();
      assertSaw(findings, "heard", /^bert is on another network/);
      return findings.filter(({ check }) => check !== "callback");
    },
  },
  {
    what: "a firewall here that drops what is dialled",
    expected: { callback: "fault" },
    saw: /^bert was asked to dial TCP 3333 of this machine, and did not get through/,
    command: /^earshot doctor$/,
    async test({ lan, bert }, doctor) {
      await using _b = await bert.up();
      await drop(lan, "anna", "tcp --syn");
      return await doctor();
    },
  },
  {
    what: "a firewall there that drops what is dialled",
    expected: { address: "fault" },
    // The addresses stand in the order in which they were heard from.
    saw: /^bert is heard, but (?:TCP \[fe80\S+ does not answer; )?TCP 10\.83\.0\.2:3333 does not answer/,
    command: /^earshot doctor$/,
    async test({ lan, bert }, doctor) {
      await using _b = await bert.up();
      await drop(lan, "bert", "tcp --syn");
      return await doctor("--interface", "10.83.0.1");
    },
  },
  {
    what: "UDP that is filtered, with a peer that is remembered",
    expected: { heard: "warning" },
    saw: /^bert is not heard, but a session with it works/,
    command: /^earshot --peer HOST$/,
    async test({ lan, anna, bert }, doctor) {
      await acquaint(anna, bert);
      await drop(lan, "bert", "udp");
      await drop(lan, "bert", "udp", "OUTPUT ! -o lo");
      await using _b = await bert.up();
      return (await doctor()).filter(({ check }) => check !== "callback");
    },
  },
  {
    what: "UDP that is filtered where it is sent to one machine alone",
    expected: { address: "warning" },
    saw: /What is sent to it alone over UDP is not answered/,
    command: /^earshot doctor$/,
    async test({ lan, bert }, doctor) {
      await drop(lan, "bert", "udp -m addrtype ! --dst-type MULTICAST");
      await using _b = await bert.up();
      // Without that way it cannot be asked to dial.
      return (await doctor()).filter(({ check }) => check !== "callback");
    },
  },
  {
    what: "a peer that is switched off",
    expected: { heard: "fault" },
    saw: /^bert is not heard\./,
    command: /^earshot doctor$/,
    async test({ anna, bert }, doctor) {
      await acquaint(anna, bert);
      return await doctor();
    },
  },
  {
    what: "a peer that has blocked us",
    expected: { session: "fault" },
    saw: /^A session works, but bert takes nothing from you/,
    command: /^earshot trust anna$/,
    async test({ anna, bert }, doctor) {
      await using a = await anna.up();
      await using b = await bert.up();
      await meet({ anna: a, bert: b });
      assertEquals((await bert.run("block", idOf(a))).code, 0);
      return (await doctor()).filter(({ check }) => !["callback", "program"].includes(check));
    },
  },
  {
    what: "an older program, which answers no questions",
    expected: {},
    saw: /./,
    async test({ bert }, doctor) {
      await using old = bert.agent("old_peer.ts");
      await old.waitForLine(/^up$/);
      const findings = await doctor("--interface", "10.83.0.1");
      assertEquals(statusOf(findings), [
        "heard pass",
        "address pass",
        "session pass",
        "callback unknown",
        "program unknown",
      ]);
      assertSaw(findings, "program", /is older and answers no questions/);
      return findings.filter(({ status }) => status !== "unknown");
    },
  },
  {
    what: "a clock that is an hour ahead",
    expected: { clock: "warning" },
    saw: /^The clock of bert is 60 minutes ahead of this machine/,
    command: /timedatectl/,
    async test({ bert }, doctor) {
      const options = ["--state", bert.state, "--inbox", join(bert.home, "in")];
      await using b = bert.agent("wrong_clock.ts", "run", "--json", ...options);
      await b.waitForEvent("ready");
      return await doctor();
    },
  },
  {
    what: "a disk there that is nearly full",
    expected: { disk: "warning" },
    saw: /^\d+ MiB are free on the disk of bert/,
    command: /^df -h$/,
    async test({ bert }, doctor) {
      using disk = new SmallDisk(join(bert.home, "small"), "size=40m");
      await using _b = await bert.up("--inbox", join(disk.path, "in"));
      return await doctor();
    },
  },
  {
    what: "a board with a weak signal",
    expected: { signal: "warning" },
    saw: /^The signal of the access point has -86 dBm at the board\. That is weak/,
    test: (lab, doctor) => describing(lab, { signal: -86 }, doctor),
  },
  {
    what: "a board with little heap",
    expected: { heap: "warning" },
    saw: /^The board has 9 KiB of memory left/,
    command: /^idf\.py size$/,
    test: (lab, doctor) => describing(lab, { heap: 9_999 }, doctor),
  },
  {
    what: "a board that has lost its voltage",
    expected: { restarts: "warning" },
    saw: /^The board started last because of: brownout\. It has been up for 7 s\./,
    command: /^idf\.py monitor$/,
    test: (lab, doctor) => describing(lab, { reset: "brownout" }, doctor),
  },
  {
    what: "a board that restarts again and again",
    expected: { restarts: "warning" },
    saw: /It has restarted 12 times since it has power\.$/,
    command: /^idf\.py monitor$/,
    test: (lab, doctor) => describing(lab, { reset: "restart", restarts: 12 }, doctor),
  },
  {
    what: "a machine that is too busy",
    expected: { load: "warning" },
    saw: /^The load of the machine of bert is 99 on 2 processors/,
    command: /^top$/,
    test: (lab, doctor) => describing(lab, { load: 99, processors: 2 }, doctor),
  },
  {
    what: "a peer whose interfaces lead nowhere",
    expected: { program: "warning" },
    saw: /It uses docker0, veth0\. None of these leads to other machines/,
    command: /^earshot doctor$/,
    test: (lab, doctor) => describing(lab, { interfaces: ["docker0", "veth0"] }, doctor),
  },
];

/** What is found about a program on a good network. */
const OF_A_PROGRAM = [
  "heard pass",
  "address pass",
  "session pass",
  "callback pass",
  "program pass",
  "clock pass",
  "disk pass",
  "load pass",
];

Deno.test({
  name: "the doctor names each trouble with one peer, and nothing else",
  ignore: lacks("lan"),
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await sideBySide(TROUBLES, t, async ({ others = [], expected, saw, command, test }) => {
      await withLab(["anna", "bert", ...others], async (lan, anna, bert, ...rest) => {
        const doctor = (...args: string[]) => doctorOn(anna!, ["bert", "--quiet", ...args]);
        const findings = await test({ lan, anna: anna!, bert: bert!, others: rest }, doctor);
        assertFindings(findings, expected, saw, command);
      });
    });
  },
});

Deno.test({
  name: "a peer that nobody knows is exit code 3, by name and by id, with what to do",
  ignore: lacks("lan"),
  fn: () =>
    withLab(["anna"], async (_lan, anna) => {
      for (const target of ["bert", "a".repeat(24)]) {
        const { code, stdout, stderr } = await anna!.run("doctor", target);
        assertEquals([code, stdout], [3, ""], stderr);
        assertStringIncludes(stderr, "`earshot doctor`");
      }
    }),
});

function statusOf(findings: readonly Finding[]): string[] {
  return findings.map(({ check, status }) => `${check} ${status}`);
}

function assertSaw(findings: readonly Finding[], name: string, saw: RegExp): void {
  const found = findings.find(({ check }) => check === name);
  assert(found, `${name}: ${JSON.stringify(findings)}`);
  assertMatch(found.saw, saw);
}

/** A program that says of itself what a board would, on a good machine but for what is given. */
async function describing(
  { bert }: Lab,
  said: object,
  doctor: () => Promise<Finding[]>,
): Promise<Finding[]> {
  const good = { kind: "esp32c3", version: "earshot-board/1", uptime: 7, heap: 120_000, signal: -50 };
  const answer = JSON.stringify({ ...good, reset: "power-on", ...said });
  await using b = bert.agent("describe.ts", bert.state, answer);
  await b.waitForLine(/^up$/);
  return await doctor();
}

async function drop(lan: Lan, host: string, what: string, chain = "INPUT ! -i lo"): Promise<void> {
  for (const tables of ["iptables", "ip6tables"]) {
    await shell(lan, host, `${tables} -A ${chain} -p ${what} -j DROP`);
  }
}
