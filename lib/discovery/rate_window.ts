const SECOND = 1000;

/** Limits how often something is done within a second, in all and for each key. */
export class RateWindow {
  #done: { readonly at: number; readonly key: string }[] = [];

  /**
   * @param limit most within a second
   * @param limitEach most of them for one key
   */
  constructor(private readonly limit: number, private readonly limitEach = limit) {}

  /** Counts one for `key` at the monotonic time `now`. Returns false if it would exceed a limit. */
  take(now: number, key = ""): boolean {
    this.#done = this.#done.filter(({ at }) => now - at < SECOND);
    if (this.#done.length >= this.limit) return false;
    if (this.#done.filter((one) => one.key === key).length >= this.limitEach) return false;
    this.#done.push({ at: now, key });
    return true;
  }
}
