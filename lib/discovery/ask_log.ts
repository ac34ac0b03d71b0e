const REPEATED_WITHIN_MS = 10_000;
const ASKERS_MAX = 1024;

interface Ask {
  readonly nonce: string | undefined;
  readonly at: number;
}

/**
 * Who asked lately, at most 1 024 askers each way: tells a repeated `ask` from a copy that came by another interface,
 * family or port. By its nonce, which nobody can guess, and not by its counter, which others may have forged ahead.
 */
export class AskLog {
  readonly #ways = { shared: new Map<string, Ask>(), own: new Map<string, Ask>() };

  /**
   * Notes an `ask` of the peer `id`.
   *
   * @param via how it came; what was asked of all and what was asked of us alone are no repetitions of each other
   * @param now monotonic, milliseconds
   */
  note(
    id: string,
    nonce: string | undefined,
    via: "shared" | "own",
    now: number,
  ): "first" | "repeated" | "copy" {
    const recent = (askers: Map<string, Ask>) => {
      const last = askers.get(id);
      return last && now - last.at < REPEATED_WITHIN_MS ? last : undefined;
    };
    const { shared, own } = this.#ways;
    if ([recent(shared), recent(own)].some((last) => last && last.nonce === nonce)) return "copy";
    const askers = this.#ways[via];
    const repeated = recent(askers) !== undefined;
    askers.delete(id);
    if (askers.size >= ASKERS_MAX) askers.delete(askers.keys().next().value!);
    askers.set(id, { nonce, at: now });
    return repeated ? "repeated" : "first";
  }
}
