// What tests need from the machine. Where it is missing a test is ignored, and `deno task test` says so; where
// EARSHOT_REQUIRE (a comma-separated list) names it, the test runs regardless and fails: nothing is skipped in silence.

import { Lan } from "./lan.ts";

/** Something that a test needs and not every machine has. */
export type Need = "lan" | "tmux";

/** What EARSHOT_REQUIRE says must not be missing. */
export function requiredNeeds(): string[] {
  return (Deno.env.get("EARSHOT_REQUIRE") ?? "").split(",").map((need) => need.trim()).filter(Boolean);
}

/**
 * For the `ignore` of a test: true where this machine lacks what the test needs and EARSHOT_REQUIRE does not name it.
 * `lan`: network namespaces (Linux, root, iproute2); `tmux`: a terminal that a test can type into.
 */
export function lacks(need: Need): boolean {
  return !requiredNeeds().includes(need) && !has[need]();
}

/**
 * What the Deno version inside a compiled program cannot do, though the program run from source can. A test of such a
 * thing has the key in square brackets in its name and `ignore: excepted(key)`; the runner prints and counts it.
 */
export const exceptions: Readonly<Record<string, { since: string; why: string }>> = {
  "tab-completion": { since: "2.9.0", why: "node:readline of older Deno versions does not complete on Tab" },
};

/** For the `ignore` of a test: whether the program under test is compiled with a Deno too old for the named thing. */
export function excepted(key: string): boolean {
  const exception = exceptions[key];
  if (!exception) throw new Error(`no exception is called "${key}"`);
  const version = Deno.env.get("EARSHOT_PROGRAM_DENO");
  return version !== undefined && isOlder(version, exception.since);
}

/** Whether version `a` (major.minor.patch) comes before `b`. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

const has: Record<Need, () => boolean> = {
  lan: () => Lan.available() === undefined,
  tmux() {
    try {
      return new Deno.Command("tmux", { args: ["-V"], stdin: "null" }).outputSync().success;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  },
};
