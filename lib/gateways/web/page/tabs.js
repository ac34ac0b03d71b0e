// The tabs that hear the events through the shared worker.

/** @import { Told } from "./events_reader.js" */

/** Most tellings that a tab may leave unanswered: then it sleeps, or is gone without a word. */
export const UNANSWERED_MAX = 2_000;

/** Number of tellings after which a tab answers `here`. */
export const ANSWER_EVERY = 100;

/**
 * Part of a MessagePort that is used.
 *
 * @typedef {object} Port
 * @property {((event: MessageEvent) => void) | null} onmessage
 * @property {(message: Told | "bye") => void} postMessage
 * @property {() => void} close
 */

/**
 * Tells every tab the same. One that answers no more is given up, because a browser keeps what it was told until it
 * wakes: the last word that it gets is `bye`, upon which it comes back.
 */
export class Tabs {
  /** Number of unanswered tellings of each. @type {Map<Port, number>} */
  #unanswered = new Map();
  /** Told to a new tab first. @type {Told} */
  #connection = { connection: "connecting" };
  /** @type {Told | undefined} */
  #hello;

  /** Number of tabs. */
  get size() {
    return this.#unanswered.size;
  }

  /** Adds a tab. @param {Port} port */
  add(port) {
    this.#unanswered.set(port, 0);
    port.onmessage = ({ data }) => {
      if (data === "bye") this.#unanswered.delete(port);
      else if (this.#unanswered.has(port)) this.#unanswered.set(port, 0);
    };
    port.postMessage(this.#connection);
    if (this.#hello !== undefined) port.postMessage(this.#hello);
  }

  /** Tells all tabs. @param {Told} told */
  tell(told) {
    if ("connection" in told) this.#connection = told;
    else if (told.line.hello) this.#hello = told;
    for (const [port, unanswered] of this.#unanswered) {
      if (unanswered < UNANSWERED_MAX) {
        port.postMessage(told);
        this.#unanswered.set(port, unanswered + 1);
      } else {
        this.#unanswered.delete(port);
        port.postMessage("bye");
        port.close();
      }
    }
  }
}
