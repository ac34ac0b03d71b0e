/** Peers whose answers to our questions are awaited. */
export class AwaitedAnswers {
  /** Number of answers by peer. */
  readonly #counts = new Map<string, number>();

  /** Adds an answer of this peer until the returned function is called. */
  add(id: string): () => void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
    return () => {
      const left = this.#counts.get(id)! - 1;
      if (left > 0) this.#counts.set(id, left);
      else this.#counts.delete(id);
    };
  }

  /** True while an answer of this peer is awaited. */
  has(id: string): boolean {
    return this.#counts.has(id);
  }
}
