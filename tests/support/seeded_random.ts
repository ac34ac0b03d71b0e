import type { Random } from "../../lib/platform/random.ts";

/**
 * Randomness that repeats from its seed (not for keys outside tests). The seed comes from `EARSHOT_SEED` where that is
 * set, and is printed, so that a failing run can be repeated.
 */
export class SeededRandom implements Random {
  readonly seed: number;
  #state: number;

  constructor(seed?: number) {
    const wanted = Deno.env.get("EARSHOT_SEED");
    this.seed = seed ?? (wanted ? Number(wanted) : crypto.getRandomValues(new Uint32Array(1))[0]!);
    this.#state = this.seed >>> 0;
    if (seed === undefined) console.log(`EARSHOT_SEED=${this.seed}`);
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  between(low: number, high: number): number {
    return low + (this.u32() / 2 ** 32) * (high - low);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 0xff);
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.between(0, items.length))]!;
  }
}
