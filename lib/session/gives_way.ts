import { largestCrowd, networkOf } from "../net/addresses.ts";
import type { Session } from "./session.ts";

/** A session gives way to a new peer only if it was quiet for this long, milliseconds. */
const EVICT_AFTER_MS = 1_000;

/**
 * Finds the session that gives way to a new one: one from the address with most strangers' sessions, else an idle one. A
 * stranger never displaces a known peer or a session that we dialled.
 *
 * @param isOurs tells whether we dialled it or know the peer
 * @param isBusy tells whether something in it is not acknowledged yet
 */
export function givesWay(
  newcomer: Session,
  others: readonly Session[],
  isOurs: (session: Session) => boolean,
  isBusy: (session: Session) => boolean,
): Session | undefined {
  const hostOf = (session: Session) => session.address.host;
  const crowd = largestCrowd(others.filter((session) => !isOurs(session)), hostOf);
  const neighbours = others.filter((each) => networkOf(hostOf(each)) === networkOf(hostOf(newcomer))).length;
  const isUnfair = crowd.length > 0 && (isOurs(newcomer) || crowd.length > neighbours + 1);
  if (isUnfair) return quietest(crowd.filter((each) => !isBusy(each))) ?? quietest(crowd);
  const mayGo = (each: Session) => isOurs(newcomer) || !isOurs(each);
  return quietest(others.filter((each) => mayGo(each) && each.quietFor >= EVICT_AFTER_MS && !isBusy(each)));
}

function quietest(sessions: readonly Session[]): Session | undefined {
  return sessions.reduce<Session | undefined>(
    (found, each) => found && found.quietFor >= each.quietFor ? found : each,
    undefined,
  );
}
