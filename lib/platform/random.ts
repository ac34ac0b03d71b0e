/** Randomness, injected so that a simulation can be repeated from its printed seed. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A random integer from 0 to 2^32 - 1. */
  u32(): number;
  /** A uniform number in `[low, high)`. */
  between(low: number, high: number): number;
}

const word = new Uint32Array(1);

/** Cryptographic randomness of this machine. */
export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  u32: () => crypto.getRandomValues(word)[0]!,
  between: (low, high) => low + Math.random() * (high - low),
};
