// Questions: their check before sending, and what was asked before.

import { statusText } from "./chats.js";
import { JsonTextError, JsonTree } from "./json_tree.js";

/** @import { AskResult } from "../../../peer/types.ts" */
/** @import { HistoryMessage } from "../../../storage/history/history.ts" */

/** Longest question, bytes. */
export const QUESTION_MAX = 65_000;

/** Name of every question in the history. */
export const QUESTION_NAME = "ask.json";

/**
 * Returns what is wrong with a question; undefined if it can be asked. The place is that of the first wrong character.
 *
 * @param {string} text
 * @returns {{ readonly text: string, readonly at?: number } | undefined}
 */
export function questionFault(text) {
  const size = new TextEncoder().encode(text).length;
  if (size > QUESTION_MAX) return { text: `A question has at most 65,000 bytes; this one has ${size}.` };
  try {
    new JsonTree(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const { line, column, message } = error;
    const lines = text.split("\n");
    const at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
    return { text: message, at };
  }
  return undefined;
}

/**
 * Says what became of a question without an answer, in the words of the command line.
 *
 * @param {AskResult} result
 */
export function unansweredText({ status, to, code, why = "" }) {
  const reason = why.replace(/\.$/, "") || "no reason given";
  switch (status) {
    case "answered":
      return `${to.name} answered.`;
    case "failed":
      return `${to.name} could not answer: ${reason}.`;
    case "no-answer":
      return `${to.name} does not answer: ${reason}.`;
    case "cannot":
      return `${to.name} cannot be asked: ${reason}.`;
    case "delivered":
      return `${to.name} has the question, but did not answer in time. The answer will be among the documents when it comes.`;
    default:
      return `${to.name}: ${statusText({ to, status, code, why })}.`;
  }
}

/**
 * A question that was asked before, with the answers that came.
 *
 * @typedef {object} Asked
 * @property {string} id
 * @property {number} at
 * @property {readonly HistoryMessage[]} sent the question, for each recipient
 * @property {readonly HistoryMessage[]} answers
 */

/**
 * Puts questions and answers of the history together, newest first.
 *
 * @param {readonly HistoryMessage[]} sent
 * @param {readonly HistoryMessage[]} received
 * @returns {Asked[]}
 */
export function askedOf(sent, received) {
  /** @type {Map<string, { id: string, at: number, sent: HistoryMessage[], answers: HistoryMessage[] }>} */
  const asked = new Map();
  for (const message of sent) {
    if (message.name !== QUESTION_NAME || message.stream !== undefined) continue;
    const { id, at } = message;
    const one = asked.get(id) ?? { id, at, sent: [], answers: [] };
    one.sent.push(message);
    asked.set(id, one);
  }
  for (const message of received) if (message.re !== undefined) asked.get(message.re)?.answers.push(message);
  return [...asked.values()].sort((a, b) => b.at - a.at);
}
