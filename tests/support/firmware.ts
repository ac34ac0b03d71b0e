import { join } from "@std/path";
import { withNiceness } from "./priority.ts";
import { requiredNeeds } from "./require.ts";
import { type Outcome, secondsSince } from "./suite.ts";

/** It takes minutes of one core: whatever else runs goes first. */
const NICENESS = 19;

/** Where it takes longer it is ended, and counts as failed. */
const LIMIT_MS = 40 * 60_000;

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
  let output = "";
  let code = 1;
  try {
    const target = ["--no-print-directory", "-s", "-C", join(root, "firmware"), "check"];
    const [command, args] = withNiceness(NICENESS, "make", target);
    const child = new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "piped",
      signal: AbortSignal.timeout(LIMIT_MS),
    }).spawn();
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      output += decoder.decode(chunk, { stream: true });
    }
    code = (await child.status).code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    code = NOT_FOUND;
  }
  if (code === NOT_FOUND && !requiredNeeds().includes("firmware")) {
    return { outcome: outcome(started, 0, 0, 1, ["make is not there"]), output };
  }
  // Parts of it have sums of their own before that of all.
  const [, passed, failed] = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? [];
  const skipped = Number(/^(\d+) skipped$/m.exec(output)?.[1] ?? 0);
  if (passed === undefined || (code !== 0 && failed === "0")) {
    return { outcome: outcome(started, 0, 1, 0, [`it ended without a result (exit code ${code})`]), output };
  }
  return { outcome: outcome(started, Number(passed), Number(failed), skipped, []), output };
}

function outcome(
  started: number,
  passed: number,
  failed: number,
  skipped: number,
  remarks: string[],
): Outcome {
  return { name: "firmware", passed, failed, skipped, seconds: secondsSince(started), remarks };
}
