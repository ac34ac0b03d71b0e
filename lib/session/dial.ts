import type { Address, Connection, StreamNet } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import { type DialFailure, dialFailure } from "./dial_failure.ts";
import {
  HANDSHAKE_LIMIT_MS,
  type HandshakeIdentity,
  initiate,
  isFault,
  type SecureChannel,
} from "./handshake.ts";

/** Pause before the next address is tried, milliseconds; none if the attempt before it failed. */
const STAGGER_MS = 100;
/** Milliseconds by which we give up before the handshake's own limit, so that it is known which of the two ended it. */
const HURRY_MS = 100;
/** If no address has accepted a connection by then, give up: TCP has sent three requests, at 0, 1 and 3 s. */
const CONNECT_LIMIT_MS = 4_000;

/**
 * Dials a peer at all its addresses, 100 ms apart, and keeps the first that proves to be that peer. The other
 * connections are closed before they learn who we are.
 *
 * @param expected that peer, or the function that tells whether a proven one is welcome
 * @param signal aborts the attempt
 * @returns the channel; or one failure for each address tried, with the error if that was a fault of this program
 */
export async function dialAny(
  addresses: readonly Address[],
  expected: string | ((id: string) => boolean),
  identity: HandshakeIdentity,
  streams: StreamNet,
  clock: Clock,
  signal?: AbortSignal,
): Promise<SecureChannel | { readonly failures: readonly DialFailure[]; readonly fault?: unknown }> {
  const abort = new AbortController();
  const open = new Set<Connection>();
  let winner: Connection | undefined;
  let late = false;
  const failures: DialFailure[] = [];
  const giveUp = (why: string) => {
    abort.abort(new Error(why));
    for (const connection of open) if (connection !== winner) connection.close();
  };
  const closed = () => giveUp("closed");
  if (signal?.aborted) closed();
  signal?.addEventListener("abort", closed);

  const attempt = async (address: Address): Promise<SecureChannel> => {
    abort.signal.throwIfAborted();
    let connection: Connection | undefined;
    try {
      connection = await streams.dial(address, abort.signal);
      open.add(connection);
      return await initiate(connection, identity, expected, clock, () => {
        if (winner || abort.signal.aborted) return false;
        winner = connection;
        return true;
      });
    } catch (error) {
      failures.push(dialFailure(address, error, connection !== undefined, late));
      throw error;
    }
  };

  const timeOut = () => {
    late = true;
    giveUp("no answer");
  };
  const timers = [
    clock.after(CONNECT_LIMIT_MS, () => open.size === 0 && timeOut()),
    clock.after(HANDSHAKE_LIMIT_MS - HURRY_MS, timeOut),
  ];
  const attempts: Promise<SecureChannel>[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  for (const address of addresses) {
    const mine = turn.then(() => attempt(address));
    attempts.push(mine);
    turn = turn.then(() => {
      if (abort.signal.aborted) return;
      const pause = new Promise<void>((next) => timers.push(clock.after(STAGGER_MS, next)));
      return Promise.race([pause, failed(mine)]);
    });
  }
  try {
    return await Promise.any(attempts);
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors : [error];
    return { failures, fault: reasons.find((each) => each !== abort.signal.reason && isFault(each)) };
  } finally {
    for (const timer of timers) timer.cancel();
    signal?.removeEventListener("abort", closed);
    giveUp("another address was faster");
  }
}

/** Resolves when the promise rejects, never when it resolves. */
function failed(promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => void promise.catch(() => resolve()));
}
