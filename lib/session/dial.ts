import type { Address, Connection, StreamNet } from "../net/types.ts";
import type { Clock } from "../platform/clock.ts";
import { isFault } from "./fault.ts";
import { HANDSHAKE_LIMIT_MS, type HandshakeIdentity, initiate, type SecureChannel } from "./handshake.ts";

/** The next address is tried this long after the one before it, or at once when that one failed. */
const STAGGER_MS = 100;

/**
 * Dials a peer at all its addresses, 100 ms apart, and keeps the first that proves to be that peer; the others are hung
 * up on before they are told who we are.
 *
 * @param signal ends it before its time
 * @returns the channel, or why no address led to one, with the error if that was a fault of this program
 */
export async function dialAny(
  addresses: readonly Address[],
  expectedId: string,
  identity: HandshakeIdentity,
  streams: StreamNet,
  clock: Clock,
  signal?: AbortSignal,
): Promise<SecureChannel | { readonly why: string; readonly fault?: unknown }> {
  const abort = new AbortController();
  const open = new Set<Connection>();
  let winner: Connection | undefined;
  const giveUp = (why: string) => {
    abort.abort(new Error(why));
    for (const connection of open) if (connection !== winner) connection.close();
  };
  const closed = () => giveUp("closed");
  signal?.addEventListener("abort", closed);

  const attempt = async (address: Address): Promise<SecureChannel> => {
    abort.signal.throwIfAborted();
    const connection = await streams.dial(address, abort.signal);
    open.add(connection);
    return await initiate(connection, identity, expectedId, clock, () => {
      if (winner || abort.signal.aborted) return false;
      winner = connection;
      return true;
    });
  };

  const timers = [clock.after(HANDSHAKE_LIMIT_MS, () => giveUp("no answer"))];
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
    const fault = reasons.find((each) => each !== abort.signal.reason && isFault(each));
    return { why: reasons.map((each) => `${each?.message ?? each}`).at(0) ?? "no address", fault };
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
