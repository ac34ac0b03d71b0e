// One small observable store of what all elements show.

/**
 * @import { PeerInfo, PeerRef } from "../../../peer/types.ts"
 * @import { Status } from "../../../control/service.ts"
 * @import { Finding } from "../../../doctor/finding.ts"
 */

/**
 * The last document of a peer's streams, as one line. `row`: that of the document. `whole`: a longer line with all of it, as
 * far as it can be shown.
 *
 * @typedef {{ readonly row: number, readonly stream: string, readonly text: string, readonly whole: string }} Reading
 */

/**
 * A peer of the roster, as this page knows it.
 *
 * @typedef {PeerInfo & { since?: number, reading?: Reading }} ShownPeer `since`: when it came
 *   into its state, milliseconds since 1970, if this page saw it
 */

/**
 * A sender without a key, who came through the plain gateway.
 *
 * @typedef {{ readonly id: string, readonly name: string, readonly lastSeen: number }} Visitor
 */

/**
 * How the page stands to `earshot web`, and that to its peer. `connected`: events come. `away`: the peer behind it left
 * or starts anew. `lost`: `earshot web` does not answer. `denied`: its token is another one by now.
 *
 * @typedef {"connecting" | "connected" | "away" | "lost" | "denied"} Connection
 */

/**
 * @typedef {object} State
 * @property {Connection} connection
 * @property {Status | undefined} status of the peer itself
 * @property {readonly ShownPeer[]} peers those that are up first, then by name
 * @property {readonly Visitor[]} visitors latest first
 * @property {Readonly<Record<string, number>>} unread number of unread chats by conversation: an id, or `all`
 * @property {readonly Finding[] | undefined} findings of the doctor
 * @property {Route} route the view that is open
 */

/**
 * A view by its address `#/VIEW/PART/…?KEY=VALUE`.
 *
 * @typedef {object} Route
 * @property {string} view
 * @property {readonly string[]} parts
 * @property {Readonly<Record<string, string>>} params
 */

/** State with listeners, which are called at most once for each change, after it. */
export class Store {
  /** @type {State} */
  #state;
  /** @type {Set<{ keys: readonly (keyof State)[], listener: () => void }>} */
  #listeners = new Set();

  /** @param {State} state */
  constructor(state) {
    this.#state = state;
  }

  /** Returns the state; it is never changed in place. */
  get() {
    return this.#state;
  }

  /**
   * Replaces members, and calls those that listen to one that is another now.
   *
   * @param {Partial<State>} patch
   */
  set(patch) {
    const before = this.#state;
    this.#state = { ...before, ...patch };
    const changed = /** @type {(keyof State)[]} */ (Object.keys(patch)).filter((key) =>
      before[key] !== this.#state[key]
    );
    if (changed.length === 0) return;
    for (const { keys, listener } of [...this.#listeners]) {
      if (keys.some((key) => changed.includes(key))) listener();
    }
  }

  /**
   * Calls `listener` after each change of one of these members, until the returned function is called.
   *
   * @param {readonly (keyof State)[]} keys
   * @param {() => void} listener
   */
  subscribe(keys, listener) {
    const entry = { keys, listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }
}

/** The page's store. */
export const store = new Store({
  connection: "connecting",
  status: undefined,
  peers: [],
  visitors: [],
  unread: {},
  findings: undefined,
  route: { view: "talk", parts: [], params: {} },
});

/** Returns the peer itself, as far as it is known. @returns {PeerRef} */
export function selfOf() {
  const { status } = store.get();
  return { id: status?.id ?? "", name: status?.name ?? "you" };
}
