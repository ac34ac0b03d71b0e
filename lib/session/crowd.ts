import { networkOf } from "../net/addresses.ts";

/** Things that came from one network. */
export interface Crowd<T> {
  readonly network: string;
  /** In the order in which they were given. */
  readonly members: readonly T[];
}

/**
 * The network that most things came from; of several, the one that came first. Where room runs out it gives way: a fixed
 * share for each would keep out those behind one router.
 */
export function largestCrowd<T>(things: Iterable<T>, hostOf: (thing: T) => string): Crowd<T> | undefined {
  let largest: Crowd<T> | undefined;
  for (const [network, members] of Map.groupBy(things, (thing) => networkOf(hostOf(thing)))) {
    if (members.length > (largest?.members.length ?? 0)) largest = { network, members };
  }
  return largest;
}
