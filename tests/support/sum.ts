import type { Outcome } from "./suite.ts";

/** The failures that the sum repeats; more are only counted. */
const FAILURES_MAX = 20;

/**
 * Lines of the sum of a run: a table with a line for each outcome, what failed in those that failed, and the counts.
 */
export function sumUp(outcomes: readonly Outcome[]): string[] {
  const total = (count: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
  const [passed, failed, skipped] = [total((o) => o.passed), total((o) => o.failed), total((o) => o.skipped)];
  return [
    ...outcomes.map(row),
    ...shorten(outcomes.flatMap(({ name, failures }) => failures.map((what) => `FAILED ${name}: ${what}`))),
    `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
  ];
}

function row({ name, passed, failed, skipped, seconds }: Outcome): string {
  const state = failed > 0 ? "FAILED" : skipped > 0 && passed === 0 ? "skipped" : "ok";
  const numbers = `${passed} of ${passed + failed}${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return `${name.padEnd(14)} ${state.padEnd(7)} ${numbers.padEnd(24)} ${seconds.toFixed(1).padStart(7)} s`;
}

function shorten(failures: readonly string[]): string[] {
  if (failures.length === 0) return [];
  const shown = failures.slice(0, FAILURES_MAX);
  const more = failures.length - shown.length;
  return ["", ...shown, ...(more > 0 ? [`and ${more} more`] : [])];
}
