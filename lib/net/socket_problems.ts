import { meaningOf } from "../platform/trouble.ts";

/** A cause of failures, and the places it affects. */
interface Problem {
  readonly code: string;
  /** The failure as a sentence; the places replace `%`. */
  readonly what: string;
  readonly reason: string;
  readonly places: string[];
}

/** Meaning of the system's error codes, and the remedy. */
const REASONS: Record<string, string> = {
  EADDRINUSE: "another program has it: end that one",
  EACCES: "this user may not",
  EPERM: "the system forbids it: a firewall or a security policy may be the cause",
  EMFILE: "this program has too many files and sockets open",
  ENFILE: "the system has too many files and sockets open",
  ENOBUFS: "the system has no memory for it",
  ENODEV: "the interface has no multicast",
  ENOPROTOOPT: "the interface has no multicast",
};

/** Collects failures to open sockets, and reports each cause in one line, once for each place. */
export class SocketProblems {
  readonly #told = new Set<string>();
  #open = new Map<string, Problem>();

  /** @param tell called for each cause with a code for programs and a sentence for people */
  constructor(private readonly tell: (code: string, message: string) => void) {}

  /** Adds a failure at one place. */
  add(code: string, what: string, place: string, error: unknown): void {
    const { code: system = "" } = (error ?? {}) as { code?: string };
    const reason = REASONS[system] ?? meaningOf(error);
    const key = `${code} ${what} ${reason}`;
    if (this.#told.has(`${key} ${place}`) || this.#told.size >= 256) return;
    this.#told.add(`${key} ${place}`);
    const problem = this.#open.get(key) ?? { code, what, reason, places: [] };
    this.#open.set(key, problem);
    problem.places.push(place);
  }

  /** Reports what was added since the last call. */
  flush(): void {
    const problems = [...this.#open.values()];
    this.#open = new Map();
    for (const { code, what, reason, places } of problems) {
      this.tell(code, `${what.replace("%", places.join(", "))}: ${reason}.`);
    }
  }
}
