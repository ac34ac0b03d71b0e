import type { PlainDocument } from "../peer/door.ts";
import type { Peer } from "../peer/peer.ts";
import type {
  AskOptions,
  AskResult,
  DeliveryResult,
  DocumentOptions,
  PeerEvent,
  PeerRef,
  SendOptions,
} from "../peer/types.ts";
import { UserError } from "../platform/user_error.ts";
import {
  arrivalKind,
  bytes,
  type Codec,
  document,
  documents,
  type EncodedArguments,
  flag,
  members,
  milliseconds,
  noAnswerCode,
  optional,
  parameter,
  row,
  rows,
  text,
  texts,
  type Told,
} from "./parameters.ts";

/** An answer as it travels: the text of its JSON, or a code with the reason. */
export interface AnswerText {
  readonly text?: string;
  readonly code?: "failed" | "no-answer";
  readonly why?: string;
}

/** Options of several documents. */
export interface SeriesOptions extends Pick<DocumentOptions, "to" | "timeout" | "queue" | "name" | "stream"> {
  /** The id of each document. */
  readonly ids: readonly string[];
  readonly deferred?: Told["deferred"];
}

/** Outcome for one document of several: a result for each recipient, or why it could not be handed over. */
export type SeriesResult = { readonly results: DeliveryResult[] } | {
  readonly failure: Pick<UserError, "message" | "exitCode">;
};

/** A peer in this process; `since` is its start by {@linkcode performance.now}. */
interface Local {
  readonly peer: Peer;
  readonly since: number;
}

interface Call<A extends unknown[], R> {
  /** One codec for each argument. */
  readonly codecs: { readonly [I in keyof A]-?: Codec<A[I]> };
  readonly answer: (local: Local, ...args: A) => R | Promise<R>;
}

/**
 * Table of the calls with one answer: how their arguments travel over the control socket, and how a peer answers.
 * Answers travel as JSON.
 */
const CALLS = {
  /** Describes the peer itself. */
  status: call([], ({ peer, since }) => {
    const { brief, id, name, group, port, interfaces, inbox, state, settings } = peer;
    return {
      /** Id of its process. */
      pid: Deno.pid,
      /** True if it is short-lived: it serves other commands while its own command works. */
      brief,
      id,
      name,
      group: group.name,
      /** True if the group has a join code. */
      closed: group.sessionKey !== undefined,
      /** TCP port for sessions; 0 if it has none. */
      port,
      /** Own addresses, with the port if there is one. */
      addresses: peer.addresses(),
      interfaces,
      inbox,
      state,
      /** Options with which it was started. */
      settings,
      /** Time since its start, milliseconds. */
      uptime: performance.now() - since,
    };
  }),

  /** Lists the roster by name: first peers that are up, then those that have gone. */
  peers: call([], ({ peer }) => peer.peers()),

  /** Finds the peer meant by a name, an id or the beginning of one; waits for it up to `timeout` milliseconds. */
  resolve: call(
    [parameter("target", text), parameter("timeout", optional(milliseconds, 0))],
    ({ peer }, target, timeout) => peer.resolve(target, timeout),
  ),

  /** Lists the peers that are up. If there are none, waits up to `wait` milliseconds (default 4 000) for one. */
  everyone: call(
    [parameter("wait", optional(milliseconds))],
    ({ peer }: Local, wait?: number) => peer.everyone(wait),
  ),

  /** Sends a chat message to the ids in `to`, or to all peers that are up. */
  say: call(
    [
      parameter("text", text),
      members<Partial<Pick<SendOptions, "to" | "timeout" | "id">>>({
        to: optional(texts),
        timeout: optional(milliseconds),
        id: optional(text),
      }),
    ],
    ({ peer }, text, options) => recorded(peer, peer.say(text, options)),
  ),

  /** Sends a document; a large one is in the spool of the profile. */
  send: call(
    [
      document,
      members<DocumentOptions>(
        {
          to: optional(texts, []),
          timeout: optional(milliseconds),
          id: optional(text),
          queue: optional(flag),
          name: optional(text),
          stream: optional(text),
          series: optional(flag),
        },
        "progress",
        "deferred",
      ),
    ],
    ({ peer }, document, options) => {
      const results = peer.send(document, options);
      // Many at once would wait for a commit each: their sender calls `recorded` after the last.
      return options.series ? results : recorded(peer, results);
    },
  ),

  /**
   * Sends small documents in order, as messages of a series. Answers when all have ended, with the results of each: its
   * sender calls `recorded` after the last.
   */
  sendSeries: call(
    [
      documents,
      members<SeriesOptions>(
        {
          to: texts,
          timeout: optional(milliseconds),
          ids: texts,
          queue: optional(flag),
          name: optional(text),
          stream: optional(text),
        },
        "deferred",
      ),
    ],
    ({ peer }, documents, { ids, deferred, ...options }): Promise<SeriesResult[]> =>
      Promise.all(documents.map(async (document, at) => {
        const report: DocumentOptions["deferred"] = deferred && ((to, why) => deferred(to, why, at));
        try {
          const each = { ...options, id: ids[at], series: true, deferred: report };
          return { results: await peer.send(document, each) };
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          return { failure: { message: error.message, exitCode: error.exitCode } };
        }
      })),
  ),

  /** Saves a document of up to 65 000 bytes from a program without a key, at the IP address `from`. */
  keep: call(
    [
      parameter("from", text),
      bytes,
      members<Pick<PlainDocument, "name" | "stream">>({ name: text, stream: optional(text) }),
    ],
    ({ peer }, from, body, options) => peer.keep(from, { ...options, body }),
  ),

  /** Opens a durable place in the order of arrival, for a program of the owner. */
  openCursor: call(
    [parameter("name", text), parameter("kind", arrivalKind), parameter("all", flag)],
    ({ peer }, name, kind, all) => peer.openCursor(name, kind, all),
  ),

  /** Moves such a place; false if there is none. */
  moveCursor: call(
    [parameter("name", text), parameter("position", row), parameter("done", rows)],
    ({ peer }, name, position, done) => peer.moveCursor(name, position, done),
  ),

  /** Gives such a place up; false if there is none. */
  forgetCursor: call(
    [parameter("name", text), parameter("kind", arrivalKind)],
    ({ peer }, name, kind) => peer.forgetCursor(name, kind),
  ),

  /** Asks a question, given as the text of its JSON; the answers come as text, too. */
  ask: call(
    [
      parameter("question", text),
      members<Omit<AskOptions, "answered">>({
        to: optional(texts, []),
        timeout: optional(milliseconds),
        id: optional(text),
      }),
    ],
    async ({ peer }, question, options) => {
      const results = await recorded(peer, peer.ask(new TextEncoder().encode(question), options));
      return results.map(({ json: _, ...result }): AskResult => result);
    },
  ),

  /**
   * Answers a question: with the text of a JSON document, or with a code (`failed`, `no-answer`) and the reason. False
   * if it had an answer.
   */
  answer: call(
    [
      members<{ id: string; from: string }>({ id: text, from: text }),
      members<AnswerText>({ text: optional(text), code: optional(noAnswerCode), why: optional(text) }),
    ],
    ({ peer }, question, { text = "", code, why = "" }) =>
      peer.answer(question, code === undefined ? { json: new TextEncoder().encode(text) } : { code, why }),
  ),

  /** Asks a peer to dial us, and tells whether it got through within `timeout` milliseconds. */
  dialBack: call(
    [parameter("id", text), parameter("timeout", milliseconds)],
    ({ peer }, id, timeout) => peer.dialBack(id, timeout),
  ),

  /** Gives up a message that waits in the outbox, for the ids in `to`, or for all. */
  withdraw: call(
    [parameter("id", text), parameter("to", optional(texts))],
    ({ peer }: Local, id: string, to?: readonly string[]) => peer.withdraw(id, to),
  ),

  /** Tells why messages wait in the outbox: for each of `ids`, to the recipient at its place in `to`. */
  whyWaiting: call(
    [parameter("ids", texts), parameter("to", texts)],
    ({ peer }, ids, to) => peer.whyWaiting(ids.map((id, i) => ({ id, to: to[i] ?? "" }))),
  ),

  /** Lists the ids of the peers for whom messages wait in the outbox. */
  outboxRecipients: call([], ({ peer }) => peer.outboxRecipients()),

  /** Waits until the history has every message that ended so far; half a second at most. */
  recorded: call([], ({ peer }) => peer.recorded()),

  known: call([], ({ peer }) => peer.known()),

  trust: call([parameter("target", text)], ({ peer }, target) => peer.trust(target)),

  forget: call([parameter("target", text)], ({ peer }, target) => peer.forget(target)),

  block: call(
    [parameter("target", text), parameter("name", optional(text))],
    ({ peer }, target, name) => peer.block(target, name),
  ),

  /** Notes that the user named this peer in full and that it accepted a message. */
  met: call([members<PeerRef>({ id: text, name: text })], ({ peer }, ref) => peer.met(ref)),
};

/** Returns results once the history has them: whoever lists it next finds them. */
async function recorded<T>(peer: Local["peer"], results: Promise<T>): Promise<T> {
  const all = await results;
  await peer.recorded();
  return all;
}

function call<A extends unknown[] | [], R>(
  codecs: Call<A, R>["codecs"],
  answer: Call<A, R>["answer"],
): Call<A, R> {
  return { codecs, answer };
}

/** Name of a call. */
export type CallName = keyof typeof CALLS;

/** Arguments of a call. */
export type Arguments<C extends CallName> = typeof CALLS[C] extends Call<infer A, unknown> ? A : never;

/** Answer to a call. */
export type Answer<C extends CallName> = Awaited<ReturnType<typeof CALLS[C]["answer"]>>;

/** A peer's description of itself. */
export type Status = Answer<"status">;

/** Returns the table's entry of a call, with its types. */
function callOf<C extends CallName>(name: C): Call<Arguments<C>, Answer<C>> {
  return CALLS[name] as unknown as Call<Arguments<C>, Answer<C>>;
}

/** Tells whether the method of a request is a call. */
export function isCall(method: string): method is CallName {
  return Object.hasOwn(CALLS, method);
}

/** Encodes the arguments of a call for the control socket. */
export function encodeArguments<C extends CallName>(call: C, args: Arguments<C>): EncodedArguments {
  const encoded: EncodedArguments = { params: {}, told: {} };
  callOf(call).codecs.forEach((codec, index) => codec.encode(args[index], encoded));
  return encoded;
}

/**
 * Decodes and checks the arguments of a call from the control socket.
 *
 * @param encoded its `told` has a callback for everything; the result has those that the client asked for
 * @throws {UserError} a parameter is missing or wrong
 */
export function decodeArguments<C extends CallName>(call: C, encoded: EncodedArguments): Arguments<C> {
  return callOf(call).codecs.map((codec) => codec.decode(encoded)) as Arguments<C>;
}

/**
 * The calls from commands to a peer, in this process or behind the control socket: a method for each entry of the
 * table. Every call may be repeated without harm: a message keeps its `id`.
 */
export abstract class Service {
  static {
    for (const name of Object.keys(CALLS) as CallName[]) {
      const method = function (this: Service, ...args: Arguments<CallName>) {
        return this.call(name, args);
      };
      Object.defineProperty(this.prototype, name, { value: method });
    }
  }

  /** Makes a call by name; the methods use it. */
  abstract call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>>;

  /** Passes events to `listener` until the returned function is called. Calls `lost` if the peer leaves. */
  abstract subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void>;
}

export interface Service extends Calls {}

type Calls = { [C in keyof typeof CALLS]: (...args: Arguments<C>) => Promise<Answer<C>> };

/** A peer in this process, as a {@linkcode Service}. */
export class PeerService extends Service {
  readonly #local: Local;

  constructor(peer: Peer) {
    super();
    this.#local = { peer, since: performance.now() };
  }

  override async call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return await callOf(call).answer(this.#local, ...args);
  }

  override subscribe(listener: (event: PeerEvent) => void, _lost: () => void): Promise<() => void> {
    return Promise.resolve(this.#local.peer.on(listener));
  }
}
