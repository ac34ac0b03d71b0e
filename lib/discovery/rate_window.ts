const SECOND = 1000;

/** Counts what was done for whom within the last second, and says when it is enough. Holds no more than the limit. */
export class RateWindow {
  #done: { readonly at: number; readonly key: string }[] = [];

  /**
   * @param limit how many in all within a second
   * @param limitEach how many of them for the same key
   */
  constructor(private readonly limit: number, private readonly limitEach = limit) {}

  /** Takes one for `key` at the monotonic time `now`; false if that would be one too many. */
  take(now: number, key = ""): boolean {
    this.#done = this.#done.filter(({ at }) => now - at < SECOND);
    if (this.#done.length >= this.limit) return false;
    if (this.#done.filter((one) => one.key === key).length >= this.limitEach) return false;
    this.#done.push({ at: now, key });
    return true;
  }
}
