import type { Discovery } from "../discovery/discovery.ts";
import { plainHost } from "../net/addresses.ts";
import type { Connection, StreamNet } from "../net/types.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { CALL_FEATURE, hasFeature } from "../protocol/message.ts";
import type { SessionEvent, Sessions } from "../session/sessions.ts";
import type { DialBack } from "./types.ts";

/** The peer is asked so often, this far apart, milliseconds. */
const CALLS = 3;
const CALL_EVERY_MS = 1_200;

/** Dependencies of {@linkcode Caller}. */
export interface CallerOptions {
  readonly discovery: Discovery;
  readonly sessions: Sessions;
  readonly streams: StreamNet;
  readonly clock: Clock;
  /** TCP port of our sessions; 0 for a short-lived peer. */
  readonly port: number;
  /** Ports that a short-lived peer tries, to be dialled at. */
  readonly ports: readonly number[];
}

/** Asks peers to dial us, and notices whether they get through (PROTOCOL.md 3.8). */
export class Caller {
  /** Called with the host of each connection that comes in. */
  readonly #waiting = new Set<(host: string) => void>();

  constructor(private readonly options: CallerOptions) {}

  /** Notes a connection that came in. */
  knocked({ remote }: Connection): void {
    for (const knocked of this.#waiting) knocked(plainHost(remote.host));
  }

  /** Follows the sessions. */
  sessionChanged(event: SessionEvent): void {
    if (event.type !== "attached" || event.session.initiator) return;
    for (const knocked of this.#waiting) knocked(event.session.id);
  }

  /**
   * Has a peer dial us. A short-lived peer listens meanwhile.
   *
   * @param timeoutMs how long to wait after the first request
   */
  async call(id: string, timeoutMs: number): Promise<DialBack> {
    const { discovery, sessions, streams } = this.options;
    const cannot = () => {
      const session = sessions.get(id);
      return session !== undefined && !hasFeature(session.remote, CALL_FEATURE);
    };
    if (cannot()) return { status: "cannot" };
    const listener = this.options.port === 0
      ? await streams.listen(this.options.ports, (connection) => {
        this.knocked(connection);
        void sessions.accept(connection);
      })
      : undefined;
    // A short-lived peer answers no connection before.
    if (listener) sessions.answer();
    const port = listener?.port ?? this.options.port;
    try {
      if (!discovery.call(id, port)) return { status: "unheard" };
      if (await this.#reached(id, port, timeoutMs)) return { status: "reached", port };
      return cannot() ? { status: "cannot" } : { status: "silent", port };
    } finally {
      discovery.endCall(id);
      listener?.close();
    }
  }

  async #reached(id: string, port: number, timeoutMs: number): Promise<boolean> {
    const { discovery, clock } = this.options;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const knocked = (from: string) => {
      const hosts = discovery.roster.get(id)?.addresses.map(({ host }) => plainHost(host)) ?? [];
      if (from === id || hosts.includes(from)) resolve(true);
    };
    this.#waiting.add(knocked);
    const timers: Timer[] = [clock.after(timeoutMs, () => resolve(false))];
    for (let i = 1; i < CALLS; i++) {
      timers.push(clock.after(i * CALL_EVERY_MS, () => void discovery.call(id, port)));
    }
    try {
      return await promise;
    } finally {
      for (const timer of timers) timer.cancel();
      this.#waiting.delete(knocked);
    }
  }
}
