import type { AskResult, DeliveryResult } from "../../peer/types.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { printable } from "../../protocol/label.ts";
import { harmless, jsonLine } from "../command.ts";
import { type NameText, oneLine, plainName } from "../terminal/text.ts";
import { documentText, exitCodeOf } from "./results.ts";

/** True if a question was answered. */
export function isAnswered({ status }: AskResult): boolean {
  return status === "answered";
}

/** Returns an answer as it came, but for characters that a terminal could take for commands. */
export function answerText({ text, path = "" }: AskResult): string {
  return text === undefined ? printable(path) : harmless(text.replaceAll("\r", "").trim());
}

/** Returns the outcome of a question without an answer, as a sentence. */
export function unansweredText(
  result: AskResult,
  isInterrupted = false,
  nameText: NameText = plainName,
): string {
  const to = nameText(result.to);
  const why = oneLine(result.why ?? "").replace(/\.$/, "") || "no reason given";
  switch (result.status) {
    case "answered":
      return `${to} answered.`;
    case "failed":
      return `${to} could not answer: ${why}.`;
    case "no-answer":
      return `${to} does not answer: ${why}.`;
    case "cannot":
      return `${to} cannot be asked: ${why}.`;
    case "delivered":
      return `${to} has the question, but did not answer in time. The answer will be in the inbox when it comes; ` +
        `the same command with --id ${result.id} waits for it again.`;
    default:
      return documentText("the question", result as DeliveryResult, isInterrupted, nameText);
  }
}

/** Returns a result as a line of JSON; the answer in it has the numbers and texts that came. */
export function answerLine({ json: _, text, answer, ...result }: AskResult): string {
  if (text === undefined) return jsonLine({ ...result, answerId: answer });
  // Blanks outside of texts may be line breaks.
  const compact = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, inText = "") => inText);
  return `${jsonLine({ ...result, answerId: answer }).slice(0, -1)},"answer":${harmless(compact)}}`;
}

/** Returns the exit code of all results together. */
export function exitCodeOfAnswers(results: readonly AskResult[]): ExitCode {
  const have = (...statuses: readonly AskResult["status"][]) =>
    results.some(({ status }) => statuses.includes(status));
  if (results.every(isAnswered)) return ExitCode.done;
  if (have("failed", "no-answer", "cannot", "refused")) return ExitCode.refused;
  const rest = results.filter(({ status }) => status !== "answered" && status !== "delivered");
  if (rest.length === 0) return ExitCode.unanswered;
  return rest.length < results.length ? ExitCode.failed : exitCodeOf(rest as DeliveryResult[]);
}
