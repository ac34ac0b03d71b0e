import type { Scene } from "./scene.ts";

/** `unknown`: it could not be seen from here, see `saw`. */
export type Status = "pass" | "warning" | "fault" | "unknown";

/** Result of a check. */
export interface Verdict {
  readonly status: Status;
  /** Sentences about what it saw. */
  readonly saw: string;
  /** Sentences about what to do. */
  readonly fix?: string;
  /** Commands to type, in this order. */
  readonly commands?: readonly string[];
}

/** A verdict with the name of its check. */
export interface Finding extends Verdict {
  readonly check: string;
}

/** Returns the finding of a check that stands earlier in the list, once it is there. */
export type Found = (check: string) => Promise<Finding>;

/** One cause of trouble that can be looked for in a scene. */
export interface Check<S extends Surroundings = Scene> {
  /** A word, unique. */
  readonly name: string;
  /** Description of what it looks for, for the manual. */
  readonly title: string;
  /** Systems that it is for; all by default. */
  readonly systems?: readonly (typeof Deno.build.os)[];
  /** Looks. An error of it becomes a finding `unknown`; undefined: there is nothing to be said. */
  look(scene: S, found: Found): Verdict | undefined | Promise<Verdict | undefined>;
}

/** Common part of every scene. */
export interface Surroundings {
  readonly os: typeof Deno.build.os;
}

/** Returns a path as a shell takes it: in quotes if it has a space or anything else of its own. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./~\\-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Returns a verdict that nothing is wrong. */
export function pass(saw: string): Verdict {
  return { status: "pass", saw };
}

/** Returns a verdict that something may be wrong, or is a hindrance. */
export function warning(saw: string, fix: string, ...commands: readonly string[]): Verdict {
  return { status: "warning", saw, fix, ...(commands.length > 0 && { commands }) };
}

/** Returns a verdict that something is wrong. */
export function fault(saw: string, fix: string, ...commands: readonly string[]): Verdict {
  return { status: "fault", saw, fix, ...(commands.length > 0 && { commands }) };
}

/** Returns the verdict of a check that could not look. */
export function unknown(saw: string, fix?: string, ...commands: readonly string[]): Verdict {
  return {
    status: "unknown",
    saw,
    ...(fix !== undefined && { fix }),
    ...(commands.length > 0 && { commands }),
  };
}

/** Checks whose faults explain that nobody is heard. */
export const DEAFENING = ["interfaces", "virtual", "port", "firewall", "multicast", "isolation"] as const;

/**
 * Returns the verdict of a check that another one's finding makes pointless; undefined if all of them are fine. A cause
 * is told once, not by everything that it breaks.
 */
export async function explained(found: Found, ...checks: readonly string[]): Promise<Verdict | undefined> {
  for (const check of checks) {
    const { status } = await found(check);
    if (status === "fault") return unknown(`See "${check}": that comes first.`);
  }
  return undefined;
}
