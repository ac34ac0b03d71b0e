/**
 * A UDP port that nothing has, but by a rare chance: below those that the system hands out, of which one that was closed
 * a moment ago may still be held, or be somebody else's.
 */
export function freeUdpPort(): number {
  return 10_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 22_000;
}
