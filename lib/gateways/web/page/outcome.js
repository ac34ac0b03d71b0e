// What became of a message, in the words of the command line.

import { refusalText } from "./format.js";

/** @import { DeliveryResult, PeerRef } from "../../../peer/types.ts" */

/**
 * The outcome of a message for one recipient, as a sentence.
 *
 * @param {string} what the message, as a sentence names it
 * @param {DeliveryResult} result
 */
export function resultText(what, result) {
  const to = result.to.name;
  if (result.code === "withdrawn" && result.status === "unreachable") {
    return `Withdrawn: nothing of ${what} was sent to ${to}.`;
  }
  if (result.code === "withdrawn" && result.status === "unknown") {
    return `Withdrawn: nothing of ${what} is sent to ${to} any more; it may have arrived before.`;
  }
  const cannotNow = result.code === undefined ? undefined : cannotNowText(what, result.to, result);
  switch (result.status) {
    case "delivered":
      return `Delivered ${what} to ${to}.`;
    case "queued":
      if (cannotNow) return `${cannotNow} It waits in the outbox (id ${result.id}).`;
      return `Queued ${what} for ${to} (id ${result.id}).`;
    case "refused":
      return isOwn(result.code)
        ? `Gave up ${what} for ${to}: ${refusalText({ why: result.why })}.`
        : `${to} refused ${what}: ${refusalText(result)}.`;
    case "unreachable":
      if (cannotNow) return `${cannotNow} It was withdrawn.`;
      return `${to} could not be reached, ${what} was not sent${result.why ? ` (${result.why})` : ""}.`;
    case "unknown":
      if (cannotNow) return `${cannotNow} It may arrive later.`;
      return `${to} did not acknowledge ${what} in time; it may have arrived.`;
  }
}

/**
 * Tells whether a refusal does not come from the recipient: our peer gave the message up.
 *
 * @param {string | undefined} code
 */
function isOwn(code) {
  return code !== undefined && ["blocked", "id-in-use", "unreadable", "cannot"].includes(code);
}

/**
 * A sentence that a recipient cannot take a message now, with the reason.
 *
 * @param {string} what
 * @param {PeerRef} to
 * @param {{ readonly code?: string, readonly why?: string }} why
 */
export function cannotNowText(what, to, why) {
  return `${to.name} cannot take ${what} now: ${refusalText(why)}.`;
}
