// What was said, as the talk shows it.

import { isPlain } from "./format.js";

/**
 * @import { HistoryMessage } from "../../../storage/history/history.ts"
 * @import { DeliveryResult, PeerRef } from "../../../peer/types.ts"
 */

/** The conversation of everyone. */
export const ROOM = "all";

/** Longest chat message, bytes. */
export const CHAT_MAX = 16 * 1024;

/**
 * Result of a message for one recipient.
 *
 * @typedef {{ readonly to: PeerRef, readonly status: DeliveryResult["status"] | "expired" | "withdrawn", readonly code?: string,
 *   readonly why?: string }} Outcome
 */

/**
 * A message of a conversation. `row`: its place in the history, once it is known. `outcomes`: of a message of ours, by
 * recipient. `sending`: true until they are known. `failure`: why it could not be handed over.
 *
 * @typedef {object} Chat
 * @property {string} key
 * @property {string} id
 * @property {string} conversation id of the peer, or `all`
 * @property {boolean} isOwn
 * @property {PeerRef} from
 * @property {string} text
 * @property {number} at milliseconds since 1970
 * @property {number} [row]
 * @property {Readonly<Record<string, Outcome>>} outcomes
 * @property {Readonly<Record<string, number>>} [counts] number of recipients by outcome, of a message to everyone
 * @property {boolean} [sending]
 * @property {string} [failure]
 */

/**
 * Makes a chat of a message of the history. One to everyone has the numbers of its outcomes.
 *
 * @param {HistoryMessage & { readonly outcomes?: Readonly<Record<string, number>> }} message
 * @param {PeerRef} self
 * @returns {Chat}
 */
export function chatOf(
  { direction, row, id, peer, to, at, text = "", status, code, why, outcomes: counts },
  self,
) {
  const conversation = to === "all" ? ROOM : peer.id;
  if (direction === "received") {
    return {
      key: `${peer.id} ${id}`,
      id,
      conversation,
      isOwn: false,
      from: peer,
      text,
      at,
      row,
      outcomes: {},
    };
  }
  /** @type {Outcome} */
  const outcome = { to: peer, status: status ?? "unknown", ...(code && { code }), ...(why && { why }) };
  const own = { key: `own ${id}`, id, conversation, isOwn: true, from: self, text, at, row };
  if (counts !== undefined) return { ...own, outcomes: {}, counts };
  return { ...own, outcomes: { [peer.id]: outcome } };
}

/**
 * Makes a chat of an event.
 *
 * @param {{ id: string, from: { id?: string, name: string }, to: "all" | "you", text: string, at: number, row?: number }} event
 * @returns {Chat}
 */
export function chatOfEvent({ id, from: { id: sender, name }, to, text, at, row }) {
  const from = { id: sender ?? name, name };
  const conversation = to === "all" ? ROOM : from.id;
  const chat = { key: `${from.id} ${id}`, id, conversation, isOwn: false, from, text, at, outcomes: {} };
  return row === undefined ? chat : { ...chat, row };
}

/**
 * Adds messages to a conversation: each comes once, what is known of its recipients is put together, and all are in the
 * order of time.
 *
 * @param {readonly Chat[]} chats
 * @param {readonly Chat[]} more
 * @param {boolean} [areOlder] true if they are the page after those that are there: it may have the rest of the outcomes
 *   of a message to everyone
 * @returns {readonly Chat[]} the same list if it had everything
 */
export function withChats(chats, more, areOlder = false) {
  const all = new Map(chats.map((chat) => [chat.key, chat]));
  let isSame = true;
  for (const chat of more) {
    const old = all.get(chat.key);
    const put = old === undefined ? chat : together(old, chat, areOlder);
    if (put === old) continue;
    isSame = false;
    all.set(chat.key, put);
  }
  if (isSame) return chats;
  return [...all.values()].sort((a, b) =>
    a.at - b.at || (a.row ?? Infinity) - (b.row ?? Infinity) || (a.id < b.id ? -1 : 1)
  );
}

/** @param {Chat} old @param {Chat} chat @param {boolean} isOlder @returns {Chat} */
function together(old, chat, isOlder) {
  const news = Object.entries(chat.outcomes).filter(([id, outcome]) => isNews(old.outcomes[id], outcome));
  const counts = countsOf(old.counts, chat.counts, isOlder);
  // What is in the history was handed over, whatever this page could not hear.
  const isTold = chat.isOwn && (old.sending || old.failure !== undefined) &&
    (chat.counts !== undefined || news.length > 0);
  const isPlaced = chat.row !== undefined && chat.row !== old.row;
  if (news.length === 0 && counts === old.counts && !isTold && !isPlaced) return old;
  const { sending: _, failure: __, ...rest } = old;
  return {
    ...(isTold ? rest : old),
    // That of an event may differ by a moment.
    at: chat.at,
    ...(isPlaced && { row: chat.row }),
    ...(counts && { counts }),
    outcomes: { ...old.outcomes, ...Object.fromEntries(news) },
  };
}

/**
 * @param {Chat["counts"]} old
 * @param {Chat["counts"]} counts
 * @param {boolean} areOlder
 */
function countsOf(old, counts, areOlder) {
  if (counts === undefined || old === undefined) return old ?? counts;
  if (!areOlder) {
    return total(counts) > total(old) || (total(counts) === total(old) && isOther(counts, old))
      ? counts
      : old;
  }
  const statuses = [...Object.keys(old), ...Object.keys(counts)];
  return Object.fromEntries(statuses.map((status) => [status, (old[status] ?? 0) + (counts[status] ?? 0)]));
}

/** @param {Readonly<Record<string, number>>} counts */
function total(counts) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** @param {Readonly<Record<string, number>>} one @param {Readonly<Record<string, number>>} other */
function isOther(one, other) {
  return Object.entries(one).some(([status, count]) => other[status] !== count);
}

/**
 * Tells whether an outcome says more than the one before: a final one stays.
 *
 * @param {Outcome | undefined} old
 * @param {Outcome} outcome
 */
function isNews(old, outcome) {
  if (old === undefined) return true;
  if (old.status === outcome.status && old.why === outcome.why) return false;
  return old.status !== "delivered" && old.status !== "refused" && old.status !== "withdrawn";
}

/**
 * Returns a message with the results of a call.
 *
 * @param {Chat} chat
 * @param {readonly Outcome[]} results
 * @returns {Chat}
 */
export function withResults(chat, results) {
  const { sending: _, failure: __, ...rest } = chat;
  const news = results.filter((result) => isNews(chat.outcomes[result.to.id], result));
  const outcomes = news.map(({ to, status, code, why }) => [to.id, { to, status, code, why }]);
  return { ...rest, outcomes: { ...chat.outcomes, ...Object.fromEntries(outcomes) } };
}

/**
 * Sums up what became of a message of ours.
 *
 * @param {Chat} chat
 * @returns {{ text: string, isGood: boolean }}
 */
export function outcomeText({ conversation, outcomes, counts, sending, failure }) {
  const each = Object.values(outcomes);
  if (failure !== undefined) return { text: `not sent: ${failure}`, isGood: false };
  const [first] = each;
  if (conversation !== ROOM && each.length === 1 && first !== undefined) {
    return { text: statusText(first), isGood: first.status === "delivered" };
  }
  const numbers = counts !== undefined && total(counts) > each.length ? counts : numbersOf(each);
  const all = total(numbers);
  if (all === 0) {
    return sending
      ? { text: "sending …", isGood: true }
      : { text: "nobody is here: not sent", isGood: false };
  }
  const { delivered = 0, ...others } = numbers;
  if (delivered === all) return { text: `delivered to ${all === 1 ? "1 peer" : `all ${all}`}`, isGood: true };
  const rest = Object.entries(others).map(([status, count]) => `${count} ${WORDS[status] ?? status}`).join(
    ", ",
  );
  return { text: `delivered to ${delivered} of ${all}; ${rest}`, isGood: false };
}

/** Words for outcomes of several recipients. @type {Readonly<Record<string, string>>} */
const WORDS = {
  unreachable: "not reached",
  unknown: "not acknowledged",
  expired: "given up",
};

/** @param {readonly Outcome[]} outcomes */
function numbersOf(outcomes) {
  /** @type {Record<string, number>} */
  const numbers = {};
  for (const { status } of outcomes) numbers[status] = (numbers[status] ?? 0) + 1;
  return numbers;
}

/**
 * Says what became of a message for one recipient, in the words of the command line.
 *
 * @param {Outcome} outcome
 */
export function statusText({ status, code, why }) {
  if (code === "withdrawn" && (status === "unreachable" || status === "unknown")) {
    return why ? `withdrawn: ${why}` : "withdrawn";
  }
  const reason = [code === status ? "" : code, why].filter(Boolean).join(": ").replace(/\.$/, "");
  switch (status) {
    case "delivered":
      return "delivered";
    case "queued":
      return reason ? `queued: ${reason}` : "queued: it waits in the outbox";
    case "refused":
      return `refused: ${reason || "no reason given"}`;
    case "expired":
      return "given up: it waited too long in the outbox";
    case "withdrawn":
      return reason ? `withdrawn: ${reason}` : "withdrawn";
    case "unreachable":
      return reason ? `not sent: ${reason}` : "not sent: the peer could not be reached";
    case "unknown":
      return "not acknowledged in time: it may have arrived";
  }
}

/** Returns the size of a text as it is sent, bytes. @param {string} text */
export function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

/**
 * Tells whether a message begins a group: another sender, another day, or five minutes later.
 *
 * @param {Chat | undefined} before
 * @param {Chat} chat
 */
export function beginsGroup(before, chat) {
  return before === undefined || before.from.id !== chat.from.id || before.isOwn !== chat.isOwn ||
    chat.at - before.at > 5 * 60_000 ||
    new Date(before.at).toDateString() !== new Date(chat.at).toDateString();
}

/** Tells whether anything can be said to this peer alone. @param {string} conversation */
export function canSayTo(conversation) {
  return !isPlain(conversation);
}

/** Letters of ids. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Makes a message id (ULID): with it, a message that is sent again arrives once. */
export function newId(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(16))) {
  let time = "";
  for (let rest = now; time.length < 10; rest = Math.floor(rest / 32)) time = `${LETTERS[rest % 32]}${time}`;
  return time + [...random].map((byte) => LETTERS[byte % 32]).join("");
}
