/** A test that waits for one event longer than this has failed, milliseconds. */
const PATIENCE = 20_000;

/** The promise, or an error that tells what was waited for in vain. */
export async function patient<T>(promise: Promise<T>, what: () => string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited in vain: ${what()}`)), PATIENCE);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
