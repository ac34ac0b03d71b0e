/** How long the whole command may take, milliseconds. */
const DOCTOR_MS = 15_000;
/** How much of that is left for the end, milliseconds. */
const SPARE_MS = 500;
/** Least time for the checks, milliseconds, on a machine so slow that it took long to get there. */
const LEAST_MS = 10_000;

/** When the checks have to be done: 15 s after this process began. */
export class Deadline {
  readonly #at = Math.max(performance.now() + LEAST_MS, DOCTOR_MS - SPARE_MS);

  /** Milliseconds from now on. */
  get left(): number {
    return Math.max(0, this.#at - performance.now());
  }
}
