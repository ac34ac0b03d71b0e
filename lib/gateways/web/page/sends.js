// Documents under way from this page: each goes to `earshot web`, and from there to its recipients.

import { sentenceOf } from "./format.js";
import { cannotNowText, resultText } from "./outcome.js";

/** @import { DeliveryResult, PeerRef } from "../../../peer/types.ts" */

/**
 * Uploads a file; see `upload` of api.js.
 *
 * @callback Upload
 * @param {Blob} file
 * @param {Readonly<Record<string, string | boolean | undefined | readonly string[]>>} query
 * @param {(line: any) => void} onLine
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */

/**
 * Withdraws a message; see the call `withdraw` of the service.
 *
 * @callback Withdraw
 * @param {string} id
 * @param {readonly string[]} to ids of the recipients
 * @returns {Promise<unknown>}
 */

/**
 * Something to be sent.
 *
 * @typedef {object} Parcel
 * @property {Blob} file
 * @property {string} name
 * @property {readonly PeerRef[]} to
 * @property {string} [stream]
 * @property {boolean} [queue] true to leave it in the outbox without waiting
 */

/**
 * How a document gets on with one recipient.
 *
 * @typedef {object} Part
 * @property {PeerRef} to
 * @property {number} bytes that it has
 * @property {string} [deferred] why it cannot take it now, a sentence
 * @property {DeliveryResult} [result]
 */

/** Most documents under way at once: a browser has few connections. */
const PARALLEL = 2;
/** Most that have ended and stay on the page. */
const ENDED_MAX = 50;

/** Most sentences that are read out at once. */
const TOLD_MAX = 8;

/** Largest document that the network carries, and largest of a stream, bytes. */
const SIZE_MAX = 4 * 1024 ** 3 - 1;
const STREAM_SIZE_MAX = 65_000;
/** Longest name, bytes. */
const NAME_MAX = 128;

/**
 * Returns the fault of a file before it is sent, as a sentence; undefined if nothing is. Whether it is JSON is told by
 * `earshot web`.
 *
 * @param {{ readonly name: string, readonly size: number }} file
 * @param {string} [stream]
 */
export function fileFault({ name, size }, stream) {
  if (size === 0) return `${name} is empty: a JSON document has at least a value.`;
  if (size > SIZE_MAX) return `${name} is too large: a document has less than 4 GiB.`;
  if (stream && size > STREAM_SIZE_MAX) {
    return `${name} has ${size} bytes: a document of a stream has at most ${STREAM_SIZE_MAX}.`;
  }
}

/**
 * Shortens a name to what the network takes, keeping its extension.
 *
 * @param {string} name
 */
export function shortName(name) {
  const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text).length;
  if (bytes(name) <= NAME_MAX) return name;
  const extension = /(?<=.)\.[\p{L}\p{N}_-]{1,16}$/u.exec(name)?.[0] ?? "";
  const parts = [...new Intl.Segmenter().segment(name.slice(0, name.length - extension.length))];
  let stem = "";
  for (const { segment } of parts) {
    if (bytes(stem + segment + extension) > NAME_MAX) break;
    stem += segment;
  }
  return stem.trimEnd() + extension;
}

/** A document on its way. */
export class Send {
  /** Bytes that `earshot web` has. */
  uploaded = 0;
  /** @type {"waiting" | "uploading" | "delivering" | "ended"} */
  state = "waiting";
  /** Id of the message, once `earshot web` has all of it. @type {string | undefined} */
  id;
  /** Why nothing was sent, or it was given up: a sentence. @type {string | undefined} */
  error;
  /** @type {Part[]} */
  parts;
  /** True once its sender has given it up. */
  isCancelled = false;
  #abort = new AbortController();

  /** @param {Parcel} parcel */
  constructor(parcel) {
    /** The parcel that is being sent. */
    this.parcel = parcel;
    this.parts = parcel.to.map((to) => ({ to, bytes: 0 }));
  }

  /** True once nothing more happens to it. */
  get isEnded() {
    return this.state === "ended";
  }

  /**
   * Gives it up. What a recipient has by then stays there.
   *
   * @param {Withdraw} withdraw
   */
  async cancel(withdraw) {
    if (this.isEnded || this.isCancelled) return;
    this.isCancelled = true;
    if (this.id !== undefined) {
      const to = this.parts.filter(({ result }) => result === undefined).map((part) => part.to.id);
      // The results tell the rest.
      if (await withdraw(this.id, to).then(() => true, () => false)) return;
    }
    if (this.isEnded) return;
    this.error = this.state === "delivering"
      ? "Cancelled. Who has it already keeps it."
      : "Cancelled before it was sent.";
    this.state = "ended";
    this.#abort.abort();
  }

  /**
   * Sends it, and waits for the outcome.
   *
   * @param {Upload} upload
   * @param {() => void} onChange
   */
  async run(upload, onChange) {
    if (this.state !== "waiting") return;
    this.state = "uploading";
    onChange();
    const { file, name, stream, queue, to } = this.parcel;
    const query = { to: to.map(({ id }) => id), name, stream, queue };
    const onLine = (/** @type {any} */ line) => {
      this.#take(line);
      onChange();
    };
    try {
      await upload(file, query, onLine, this.#abort.signal);
      if (!this.isEnded) {
        this.error = "earshot web ended before the outcome was known; it may arrive.";
      }
    } catch (error) {
      // A file that changed while it was read, or that may not be read, is told like this, too.
      this.error ??= sentenceOf(error);
    }
    this.state = "ended";
    onChange();
  }

  /** @param {any} line of the answer */
  #take(line) {
    if (this.isEnded) return;
    if (typeof line.id === "string") this.id = line.id;
    if (typeof line.uploaded === "number") this.uploaded = line.uploaded;
    if (typeof line.received === "number") this.state = "delivering";
    const about = line.progress ?? line.deferred;
    const part = about && this.parts.find(({ to }) => to.id === about.to.id || to.id === about.to);
    if (part !== undefined && line.progress !== undefined) {
      part.bytes = line.progress.bytes;
      part.deferred = undefined;
    } else if (part !== undefined) {
      part.deferred = cannotNowText(this.parcel.name, part.to, line.deferred);
    }
    if (Array.isArray(line.results)) {
      for (const result of line.results) {
        const its = this.parts.find(({ to }) => to.id === result.to.id);
        if (its !== undefined) its.result = result;
      }
      this.state = "ended";
    }
    if (line.error !== undefined) {
      this.error = String(line.error);
      this.state = "ended";
    }
  }
}

/** All that this page sends: at most two at once, in the order in which they were given. */
export class Sends {
  /** @type {readonly Send[]} */
  all = [];
  #upload;
  #withdraw;
  #onChange;
  #running = 0;

  /**
   * @param {Upload} upload
   * @param {Withdraw} withdraw
   * @param {() => void} onChange called after each change
   */
  constructor(upload, withdraw, onChange) {
    this.#upload = upload;
    this.#withdraw = withdraw;
    this.#onChange = onChange;
  }

  /**
   * Sends documents.
   *
   * @param {readonly Parcel[]} parcels
   */
  add(parcels) {
    const ended = this.all.filter(({ isEnded }) => isEnded);
    const dropped = new Set(ended.slice(0, Math.max(0, ended.length - ENDED_MAX)));
    this.all = [
      ...this.all.filter((each) => !dropped.has(each)),
      ...parcels.map((parcel) => new Send(parcel)),
    ];
    this.#next();
    this.#onChange();
  }

  /**
   * Gives one up.
   *
   * @param {Send} send
   */
  cancel(send) {
    send.cancel(this.#withdraw).finally(this.#onChange);
    this.#onChange();
  }

  /** Takes those off the page that have ended. */
  clear() {
    this.all = this.all.filter(({ isEnded }) => !isEnded);
    this.#onChange();
  }

  #next() {
    while (this.#running < PARALLEL) {
      const next = this.all.find(({ state }) => state === "waiting");
      if (next === undefined) return;
      this.#running++;
      next.run(this.#upload, this.#onChange).finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }
}

/**
 * How a document stands with a recipient, as a sentence.
 *
 * @param {Send} send
 * @param {Part} part
 */
export function partText({ parcel, state, error, isCancelled }, { bytes, deferred, result }) {
  if (result !== undefined) {
    const { name } = result.to;
    if (isCancelled && result.status === "unreachable") return `Cancelled before ${name} had it.`;
    if (isCancelled && result.status === "unknown") {
      return `Cancelled; it may have arrived at ${name} before.`;
    }
    return resultText(parcel.name, result);
  }
  if (error !== undefined) return "";
  if (deferred !== undefined) return `${deferred} Trying again.`;
  switch (state) {
    case "waiting":
      return "Waits for its turn.";
    case "uploading":
      return "Goes to this machine's peer, which checks it.";
    default:
      return bytes > 0 ? "On its way." : "Waits for the acknowledgement.";
  }
}

/**
 * Says what became of those that have ended, once for each.
 *
 * @param {readonly Send[]} sends
 * @param {WeakSet<Send>} told those of which it was said; the others are added
 * @returns {string} empty if none has ended since
 */
export function endedText(sends, told) {
  const ended = sends.filter((send) => send.isEnded && !told.has(send));
  for (const send of ended) told.add(send);
  const texts = ended.flatMap((
    send,
  ) => [send.error ?? "", ...send.parts.map((part) => partText(send, part))]);
  return texts.filter((text) => text !== "").slice(0, TOLD_MAX).join(" ");
}
