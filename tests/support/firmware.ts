import { join } from "@std/path";
import { requiredNeeds } from "./require.ts";
import { runCommand } from "./run_command.ts";
import { type Outcome, secondsSince } from "./suite.ts";

/** What waits for programs and the network goes first. It takes minutes of one core: last of all, it would end last. */
const NICENESS = 7;

/** Where none of its checks ends for so long it is ended, and counts as failed; milliseconds. */
const SILENCE_MAX = 20 * 60_000;

/** Exit code where there is no such command. */
const NOT_FOUND = 127;

/**
 * Runs `make check` of the firmware. Where there is no `make` and nothing requires it, that is skipped; what else is
 * missing its own script skips or fails.
 *
 * @param root the checkout
 */
export async function checkFirmware(root: string): Promise<{ outcome: Outcome; output: string }> {
  const started = performance.now();
  const make = ["--no-print-directory", "-s", "-C", join(root, "firmware"), "check"];
  const { output, code } = await runCommand("make", make, { niceness: NICENESS, silenceMax: SILENCE_MAX })
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) return { output: "", code: NOT_FOUND };
      throw error;
    });
  const outcome = code === NOT_FOUND && !requiredNeeds().includes("firmware")
    ? { passed: 0, failed: 0, skipped: 1, failures: [], remarks: ["make is not there"] }
    : judgeFirmware(output, code);
  return { outcome: { name: "firmware", ...outcome, seconds: secondsSince(started) }, output };
}

/** Judges what `make check` of the firmware wrote. */
export function judgeFirmware(output: string, code: number): Omit<Outcome, "name" | "seconds"> {
  // Parts of it have sums of their own before that of all.
  const [, passed, failed] = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? [];
  if (passed === undefined || (code !== 0 && failed === "0")) {
    const why = `it ended without a result (exit code ${code})`;
    return { passed: 0, failed: 1, skipped: 0, failures: [why], remarks: [] };
  }
  return {
    passed: Number(passed),
    failed: Number(failed),
    skipped: Number(/^(\d+) skipped$/m.exec(output)?.[1] ?? 0),
    failures: [...output.matchAll(/^FAILED (.+)$/gm)].map(([, what]) => what!),
    remarks: [],
  };
}
