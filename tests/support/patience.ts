// How long tests wait for what they expect: as long as a machine needs that is slow, or busy with other things. A test
// names a shorter time only for what it expects not to happen.

/** Longest wait for anything that a test expects, milliseconds: only a failing test gets there. */
export const PATIENCE = 150_000;

/** How long peers and commands under test wait for recipients and acknowledgements unless told, milliseconds. */
export const TIMEOUT = 30_000;

/** The promise, or an error that says what was waited for in vain. */
export async function patient<T>(promise: Promise<T>, what: () => string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited in vain: ${what()}`)), PATIENCE);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Longest pause between two looks, milliseconds: a look may be a program that starts. */
const PAUSE_MAX = 200;

/** Waits for what no event tells: looks again and again, less often the longer it takes. */
export async function pollUntil(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
): Promise<void> {
  const until = performance.now() + PATIENCE;
  for (let pause = 10; !await condition(); pause = Math.min(pause * 1.25, PAUSE_MAX)) {
    if (performance.now() > until) throw new Error(`waited in vain: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
