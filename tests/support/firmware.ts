import { join } from "@std/path";
import { requiredNeeds } from "./require.ts";
import { type Outcome, secondsSince } from "./suite.ts";

/**
 * Runs `make check` of the firmware, its output passed on. Where there is no `make` and nothing requires it, that is
 * skipped; what else is missing its own script skips or fails.
 *
 * @param root the checkout
 */
export async function checkFirmware(root: string): Promise<Outcome> {
  const started = performance.now();
  let output = "";
  let code = 1;
  try {
    const child = new Deno.Command("make", {
      args: ["--no-print-directory", "-s", "-C", join(root, "firmware"), "check"],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      Deno.stdout.writeSync(chunk);
      output += decoder.decode(chunk, { stream: true });
    }
    code = (await child.status).code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (!requiredNeeds().includes("firmware")) return outcome(started, 0, 0, 1, ["make is not there"]);
  }
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  const skipped = Number(/^(\d+) skipped$/m.exec(output)?.[1] ?? 0);
  if (passed === undefined || (code !== 0 && failed === "0")) {
    return outcome(started, 0, 1, 0, [`it ended without a result (exit code ${code})`]);
  }
  return outcome(started, Number(passed), Number(failed), skipped, []);
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
