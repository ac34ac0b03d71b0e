/** A place in the order of one or more streams. */
export interface Turn {
  /** Resolves once everything before it was handed in; undefined if nothing is before it. */
  readonly before: Promise<unknown> | undefined;
  /** Ends the turn: the document was handed in, or never will be. */
  done(): void;
}

/**
 * Preserves the order of documents of one stream, although some have to be read first. It does not wait for
 * acknowledgements.
 */
export class StreamTurns {
  /** The last document that was not handed in yet, by recipient and stream. */
  readonly #last = new Map<string, Promise<void>>();

  /** True if another document of this stream has to be handed in first. */
  isBusy(to: readonly string[], stream: string | undefined): boolean {
    return keysOf(to, stream).some((key) => this.#last.has(key));
  }

  /** Takes the next place. A document without a stream waits for nothing. */
  take(to: readonly string[], stream: string | undefined): Turn {
    const keys = keysOf(to, stream);
    const before = keys.flatMap((key) => this.#last.get(key) ?? []);
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const key of keys) this.#last.set(key, promise);
    return {
      before: before.length === 0 ? undefined : Promise.all(before),
      done: () => {
        resolve();
        for (const key of keys) if (this.#last.get(key) === promise) this.#last.delete(key);
      },
    };
  }
}

function keysOf(to: readonly string[], stream: string | undefined): string[] {
  return stream === undefined ? [] : to.map((id) => `${id} ${stream}`);
}
