import type { DeliveryResult, PeerRef } from "../../peer/types.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Context, jsonLine } from "../command.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { type NameText, oneLine, plainName, refusal, refusedText } from "../terminal/text.ts";

/** Prints the outcome of a document, one line for each recipient. */
export function printResults(context: Context, what: string, results: readonly DeliveryResult[]): void {
  const { config, out, err, interrupted } = context;
  const { text } = new ScreenNames(results.map(({ to }) => to));
  for (const result of results) {
    if (config.json) out.line(jsonLine(result));
    else if (isDone(result)) out.line(resultText(what, result, false, text));
    else err.line(`earshot: ${documentText(what, result, interrupted.aborted, text)}`);
  }
}

/** Returns {@linkcode resultText} of a document or question, with the remedy. */
export function documentText(
  what: string,
  result: DeliveryResult,
  isInterrupted = false,
  nameText?: NameText,
): string {
  const text = resultText(what, result, isInterrupted, nameText);
  if (result.status !== "unknown" || result.code !== undefined) return text;
  return `${text} The same command with --id ${result.id} resumes it; it does not arrive twice.`;
}

/**
 * Returns the outcome of a message for one recipient, as a sentence.
 *
 * @param what the message, as a sentence names it
 * @param isInterrupted true if the user ended the command: then nothing timed out
 */
export function resultText(
  what: string,
  result: DeliveryResult,
  isInterrupted = false,
  nameText: NameText = plainName,
): string {
  const to = nameText(result.to);
  if (isInterrupted && result.status !== "refused" && !isDone(result)) {
    if (result.status === "unreachable") return `Interrupted before ${what} was sent to ${to}.`;
    return `Interrupted before ${to} had acknowledged ${what}; it may arrive.`;
  }
  if (isWithdrawn(result)) {
    return result.status === "unreachable"
      ? `Withdrawn: nothing of ${what} was sent to ${to}.`
      : `Withdrawn: nothing of ${what} is sent to ${to} any more; it may have arrived before.`;
  }
  const cannotNow = result.code === undefined ? undefined : cannotNowText(what, result.to, result, nameText);
  switch (result.status) {
    case "delivered":
      return `Delivered ${what} to ${to}.`;
    case "queued":
      if (cannotNow) return `${cannotNow} It waits in the outbox (id ${result.id}).`;
      return `Queued ${what} for ${to} (id ${result.id}).`;
    case "refused":
      return `${refusedText(to, what, result)}.`;
    case "unreachable":
      if (cannotNow) return `${cannotNow} It was withdrawn.`;
      return `${to} could not be reached, ${what} was not sent${
        result.why ? ` (${oneLine(result.why)})` : ""
      }.`;
    case "unknown":
      if (cannotNow) return `${cannotNow} It may arrive later.`;
      return `${to} did not acknowledge ${what} in time; it may have arrived.`;
  }
}

/** Returns a sentence that a recipient cannot take a document now, with the reason. */
export function cannotNowText(
  what: string,
  to: PeerRef,
  why: { readonly code?: string; readonly why?: string },
  nameText: NameText = plainName,
): string {
  return `${nameText(to)} cannot take ${what} now: ${refusal(why)}.`;
}

/** Returns the exit code of all results together. */
export function exitCodeOf(results: readonly DeliveryResult[]): ExitCode {
  if (results.every(isDone)) return ExitCode.done;
  if (results.some((result) => result.status === "refused")) return ExitCode.refused;
  const isNobody = results.every(({ status, code, address }) =>
    status === "unreachable" && code === undefined && address === undefined
  );
  return isNobody ? ExitCode.nobody : ExitCode.failed;
}

/** Tells whether the user withdrew the message while it waited. */
export function isWithdrawn({ status, code }: DeliveryResult): boolean {
  return code === "withdrawn" && (status === "unreachable" || status === "unknown");
}

/** Tells whether a result is what the user asked for. */
export function isDone({ status, code }: DeliveryResult): boolean {
  return status === "delivered" || (status === "queued" && code === undefined);
}
