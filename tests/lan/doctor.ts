import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../lib/doctor/finding.ts";
import type { Lan, LanOptions } from "../support/lan.ts";
import { homeEnv, type Program, startProgram } from "../support/program.ts";
import { type LabHost, LONG, meet } from "./lab.ts";

/** Warnings and faults that are expected, by check. */
export type Expected = Readonly<Record<string, "warning" | "fault">>;

/** One thing that is wrong for anna, who calls the doctor: on her machine, on the network, or with bert. */
export interface Trouble {
  readonly what: string;
  /** Addresses that hosts have; of both families unless told. */
  readonly families?: Pick<LanOptions, "ipv4" | "ipv6">;
  /** Hosts besides anna and bert. */
  readonly others?: readonly string[];
  readonly expected: Expected;
  /** What the finding has to name. */
  readonly saw: RegExp;
  /** A command that has to be told; none by default. */
  readonly command?: RegExp;
  /** Brings the trouble about, and starts what has to run; calls the doctor with `doctor`. */
  readonly test: (lab: Lab, doctor: (...args: string[]) => Promise<Finding[]>) => Promise<Finding[]>;
}

/** The hosts of a trouble. */
export interface Lab {
  readonly lan: Lan;
  readonly anna: LabHost;
  readonly bert: LabHost;
  readonly others: readonly LabHost[];
}

/** Has the two peers meet, and end. */
export async function acquaint(anna: LabHost, bert: LabHost): Promise<void> {
  await using a = await anna.up();
  await using b = await bert.up();
  await meet({ anna: a, bert: b });
  assertEquals((await anna.run("send", await anna.file("a.json", "[]"), "--to", "bert")).code, 0);
  await a.stop();
  await b.stop();
}

/**
 * Checks that these findings are warnings and faults, and no others; and that what is unknown points to one of them.
 *
 * @param saw what each of them tells
 * @param command a command that each of them tells
 */
export function assertFindings(
  findings: readonly Finding[],
  expected: Expected,
  saw: RegExp,
  command?: RegExp,
): void {
  const text = JSON.stringify(findings, null, 1);
  const bad = findings.filter(({ status }) => status === "warning" || status === "fault");
  assertEquals(Object.fromEntries(bad.map(({ check, status }) => [check, status])), expected, text);
  for (const { saw: why, status, check } of findings) {
    if (status !== "unknown") continue;
    assert(Object.keys(expected).some((cause) => why.includes(`"${cause}"`)), `${check}: ${why}\n${text}`);
  }
  for (const { saw: seen, fix, commands = [] } of bad) {
    assertMatch(seen, saw);
    assert(fix, text);
    if (command) assert(commands.some((each) => command.test(each)), text);
  }
}

/** Runs the doctor on a host, and checks its exit code. @param meanwhile called once it listens; what it starts is ended */
export async function doctorOn(
  host: LabHost,
  args: readonly string[],
  env: Record<string, string> = {},
  meanwhile?: () => Promise<Program>,
): Promise<Finding[]> {
  await using program = startProgram(["doctor", "--json", ...args], {
    cwd: host.home,
    netns: host.lan.namespace(host.name),
    env: { ...homeEnv(host.home), ...env },
  });
  let other: Program | undefined;
  try {
    if (meanwhile) {
      // By then its sockets are open.
      await program.waitForJson({ check: "multicast" });
      other = await meanwhile();
    }
    const { code, stderr } = await program.ended(LONG);
    const findings = program.json() as Finding[];
    assertEquals(code, findings.some(({ status }) => status === "fault") ? 1 : 0, stderr);
    assertEquals(stderr, "");
    return findings;
  } finally {
    await other?.[Symbol.asyncDispose]();
  }
}

/** Tests at a time: most of each is waiting. */
const AT_ONCE = 6;

/** Runs a step for each of `all`, some beside each other. The test must have its sanitizers off. */
export async function sideBySide<T extends { readonly what: string }>(
  all: readonly T[],
  t: Deno.TestContext,
  fn: (one: T) => Promise<void>,
): Promise<void> {
  const queue = [...all];
  const sanitizers = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  const work = async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const each = one;
      await t.step({ name: each.what, ...sanitizers, fn: () => fn(each) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
