import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { encodeBase32 } from "../protocol/base32.ts";

const NONCE_BYTES = 8;
const VALID_MS = 10_000;
const NONCES_MAX = 512;

/** The nonces of our own recent `ask`s. Whoever echoes one is there now: a replay cannot. */
export class Nonces {
  readonly #issued = new Map<string, { readonly until: number; readonly id: string | undefined }>();

  constructor(private readonly clock: Clock, private readonly random: Random) {}

  /**
   * A new nonce, valid for 10 s. The oldest of more than 512 is forgotten.
   *
   * @param id the only peer that was asked; undefined where everybody was
   */
  issue(id?: string): string {
    if (this.#issued.size >= NONCES_MAX) this.#issued.delete(this.#issued.keys().next().value!);
    const nonce = encodeBase32(this.random.bytes(NONCE_BYTES));
    this.#issued.set(nonce, { until: this.clock.now() + VALID_MS, id });
    return nonce;
  }

  /** Whether `echo` answers one of our recent `ask`s that the peer `id` was asked by. */
  answers(echo: string | undefined, id: string): boolean {
    if (echo === undefined) return false;
    const issued = this.#issued.get(echo);
    return issued !== undefined && this.clock.now() <= issued.until &&
      (issued.id === undefined || issued.id === id);
  }
}
