import type { Awaits } from "../../doctor/examine.ts";
import type { Finding, Status } from "../../doctor/finding.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Context, jsonLine, remark } from "../command.ts";
import { oneLine } from "../terminal/text.ts";
import { theme } from "../terminal/theme.ts";
import type { WaitingLine } from "../terminal/waiting_line.ts";

const COLORS: Record<Status, (text: string) => string> = {
  pass: theme.good,
  warning: theme.caution,
  fault: theme.bad,
  unknown: theme.faint,
};

/** Prints a finding of the doctor. */
export function printFinding({ config, out }: Context, finding: Finding): void {
  if (config.json) out.line(jsonLine(finding));
  else for (const line of linesOf(finding)) out.line(line);
}

/** Returns what says in `line` which check is waited for. */
export function awaiting(line: WaitingLine): Awaits {
  return (check, done, all) => line.show(`looking: ${check} (${done} of ${all} done)`);
}

/** Sums the findings up. Returns the exit code: 1 if one is a fault. @param nothing what to say if nothing was found */
export function sumUp(context: Context, findings: readonly Finding[], nothing: string): ExitCode {
  const count = (status: Status) => {
    const number = findings.filter((finding) => finding.status === status).length;
    return number === 0 ? [] : [`${number} ${status}${number === 1 ? "" : "s"}`];
  };
  const list = [...count("fault"), ...count("warning")];
  if (!context.config.json) remark(context, list.length === 0 ? nothing : `Found: ${list.join(", ")}.`);
  return findings.some(({ status }) => status === "fault") ? ExitCode.failed : ExitCode.done;
}

function linesOf({ check, status, saw, fix, commands = [] }: Finding): string[] {
  return [
    `${COLORS[status](status.padEnd(8))} ${theme.strong(check.padEnd(11))} ${oneLine(saw)}`,
    ...(fix === undefined ? [] : [`${" ".repeat(21)}${oneLine(fix)}`]),
    ...commands.map((command) => `${" ".repeat(23)}${oneLine(command)}`),
  ];
}
