import { meaningOf } from "../platform/trouble.ts";
import type { Check, Finding, Surroundings } from "./finding.ts";

/** Takes the name of the check that is waited for, the number of those that are done, and that of all. */
export type Awaits = (check: string, done: number, all: number) => void;

/**
 * Runs the checks for this system beside each other. Each that is not done after `limitMs` is `unknown`, so that the
 * whole ends in time whatever hangs. One that has nothing to say has no finding.
 *
 * @param told called for each finding, in the order of `checks`, as soon as it and those before it are there
 * @param awaits called for each check whose finding is waited for, in this order
 */
export async function examine<S extends Surroundings>(
  checks: readonly Check<S>[],
  scene: S,
  limitMs: number,
  told: (finding: Finding) => void,
  awaits: Awaits = () => {},
): Promise<Finding[]> {
  const fitting = checks.filter(({ systems }) => systems?.includes(scene.os) ?? true);
  const { promise: late, resolve: tooLate } = Promise.withResolvers<void>();
  const timer = setTimeout(tooLate, limitMs);
  const started = new Map<string, Promise<Finding | undefined>>();
  for (const check of fitting) {
    const earlier = new Map(started);
    const found = (name: string) => {
      const nothing: Finding = { check: name, status: "pass", saw: "" };
      const finding = earlier.get(name);
      if (finding) return finding.then((it) => it ?? nothing);
      // It is not for this system.
      if (checks.some((other) => other.name === name)) return Promise.resolve(nothing);
      throw new Error(`no check "${name}" stands before "${check.name}"`);
    };
    const looking = (async () => await check.look(scene, found))();
    const finding = Promise.race([
      looking.catch((
        error,
      ) => ({ status: "unknown", saw: `It cannot be looked at: ${meaningOf(error)}.` } as const)),
      late.then(
        () => ({ status: "unknown", saw: `It took more than ${Math.round(limitMs / 1000)} s.` } as const),
      ),
    ]).then((verdict): Finding | undefined => verdict && { check: check.name, ...verdict });
    started.set(check.name, finding);
  }
  try {
    const findings = [];
    let done = 0;
    for (const [name, look] of started) {
      awaits(name, done++, started.size);
      const finding = await look;
      if (!finding) continue;
      findings.push(finding);
      told(finding);
    }
    return findings;
  } finally {
    clearTimeout(timer);
  }
}
