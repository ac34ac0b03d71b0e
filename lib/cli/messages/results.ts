import type { DeliveryResult, PeerRef } from "../../peer/types.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Context, jsonLine } from "../command.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { type NameText, oneLine, plainName, refusal } from "../terminal/text.ts";

/** Prints what became of a document, one line for each recipient. */
export function printResults(context: Context, what: string, results: readonly DeliveryResult[]): void {
  const { text } = new ScreenNames(results.map(({ to }) => to));
  for (const result of results) {
    if (context.config.json) context.out.line(jsonLine(result));
    else if (isDone(result)) context.out.line(resultText(what, result, text));
    else if (context.interrupted.aborted) {
      context.err.line(`earshot: ${withWayOut(interruptedText(what, result, text), result)}`);
    } else context.err.line(`earshot: ${documentText(what, result, text)}`);
  }
}

/** What became of a document for one recipient; with the way out, which a line of chat has not. */
export function documentText(what: string, result: DeliveryResult, nameText?: NameText): string {
  return withWayOut(resultText(what, result, nameText), result);
}

function withWayOut(text: string, { status, code, id }: DeliveryResult): string {
  if (status !== "unknown" || code !== undefined) return text;
  return `${text} The same command with --id ${id} takes it up again without doubling it.`;
}

/** What became of a message whose sending the user has ended: nothing took too long. */
export function interruptedText(
  what: string,
  result: DeliveryResult,
  nameText: NameText = plainName,
): string {
  const to = nameText(result.to);
  if (result.status === "refused") return resultText(what, result, nameText);
  if (result.status === "unreachable") return `Interrupted before ${what} was sent to ${to}.`;
  return `Interrupted before ${to} had acknowledged ${what}; it may arrive.`;
}

/** That a recipient cannot take a document now, and why. */
export function cannotNowText(
  what: string,
  to: PeerRef,
  why: { readonly code?: string; readonly why?: string },
  nameText: NameText = plainName,
): string {
  return `${nameText(to)} cannot take ${what} now: ${refusal(why)}.`;
}

/** What became of a message for one recipient, as a sentence. */
export function resultText(
  what: string,
  result: DeliveryResult,
  nameText: NameText = plainName,
): string {
  const to = nameText(result.to);
  const cannotNow = result.code === undefined ? undefined : cannotNowText(what, result.to, result, nameText);
  switch (result.status) {
    case "delivered":
      return `Delivered ${what} to ${to}.`;
    case "queued":
      if (cannotNow) return `${cannotNow} It waits in the outbox (id ${result.id}).`;
      return `Queued ${what} for ${to} (id ${result.id}).`;
    case "refused":
      return `${to} refused ${what}: ${refusal(result)}.`;
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

/** The exit code of all results together. */
export function exitCodeOf(results: readonly DeliveryResult[]): ExitCode {
  if (results.every(isDone)) return ExitCode.done;
  if (results.some((result) => result.status === "refused")) return ExitCode.refused;
  const isNobody = results.every(({ status, code, address }) =>
    status === "unreachable" && code === undefined && address === undefined
  );
  return isNobody ? ExitCode.nobody : ExitCode.failed;
}

/** Whether it became what the user asked for. */
function isDone({ status, code }: DeliveryResult): boolean {
  return status === "delivered" || (status === "queued" && code === undefined);
}
