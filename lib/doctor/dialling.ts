import { TcpNet } from "../net/tcp.ts";
import type { Address } from "../net/types.ts";

/** How a host answered: `open` and `refused` prove that it is there and that packets come back. */
export type Dialled = "open" | "refused" | "silent" | "no-route" | "forbidden";

/** Meaning of each answer, as the end of a sentence whose subject is the place. */
export const MEANS: Record<Dialled, string> = {
  open: "answers",
  refused: "refuses connections",
  silent: "does not answer",
  "no-route": "is not reached",
  forbidden: "is kept from us by a firewall on this machine",
};

/** How long a dial may take, milliseconds: as long as the system looks for a neighbour. */
const DIAL_MS = 3_500;

/** Most dials in all. */
const DIALS_MAX = 64;

/** Dials places, each once, and hangs up at once. */
export class Dialling {
  readonly #net = new TcpNet();
  readonly #dialled = new Map<string, Promise<Dialled>>();

  /** Dials `place`; at most 64 different ones, the others count as silent. */
  dial(place: Address): Promise<Dialled> {
    const key = `${place.host} ${place.port}`;
    const known = this.#dialled.get(key);
    if (known) return known;
    if (this.#dialled.size >= DIALS_MAX) return Promise.resolve("silent");
    const result = this.#dial(place);
    this.#dialled.set(key, result);
    return result;
  }

  async #dial(place: Address): Promise<Dialled> {
    try {
      (await this.#net.dial(place, AbortSignal.timeout(DIAL_MS))).close();
      return "open";
    } catch (error) {
      const { name = "", code = "" } = error as { name?: string; code?: string };
      if (name === "ConnectionRefused" || code === "ECONNREFUSED") return "refused";
      if (error instanceof Deno.errors.PermissionDenied || ["EACCES", "EPERM"].includes(code)) {
        return "forbidden";
      }
      if (name === "TimedOut" || name === "TimeoutError") return "silent";
      return "no-route";
    }
  }
}

/** Tells whether an answer proves that the host is there. */
export function isThere(dialled: Dialled): boolean {
  return dialled === "open" || dialled === "refused";
}
