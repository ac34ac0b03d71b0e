/** A place in the order of one or more streams. */
export interface Turn {
  /** Resolves once everything before it is handed in; undefined if nothing is before it. */
  readonly before: Promise<unknown> | undefined;
  /** It is handed in, or will never be. */
  done(): void;
}

/**
 * Keeps documents of one stream in the order in which they were given, though some have to be read first. Nothing waits
 * for an acknowledgement here.
 */
export class StreamTurns {
  /** The last that is not handed in yet, by recipient and stream. */
  readonly #last = new Map<string, Promise<void>>();

  /** True if another document of this stream has to be handed in first. */
  isBusy(to: readonly string[], stream: string | undefined): boolean {
    return keysOf(to, stream).some((key) => this.#last.has(key));
  }

  /** Takes the next place; a document that belongs to no stream has nothing before it. */
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
