import { HOST_PORT_FORM, parseHostPort } from "../protocol/host_port.ts";
import { DOCUMENT_LIMIT, PEERS_MAX } from "../protocol/limits.ts";
import { checkText, optionsOf, wrong } from "./argument_checks.ts";
import type { PeerOptions } from "./types.ts";

/** Longest time that can be configured, days. */
const DAYS_MAX = 36_500;

/** A test of a value, and a description of the values that pass. */
type Rule = readonly [fits: (value: unknown) => boolean, expected: string];

/** Options that are not simply text. */
const RULES: Partial<Record<keyof PeerOptions, Rule>> = {
  port: [(value) => isBetween(0, 65535)(value) && Number.isInteger(value), "a whole number, 0 to 65535"],
  interfaces: [
    (value) => Array.isArray(value) && value.every((each) => typeof each === "string" && each !== ""),
    "an array of texts",
  ],
  peers: [
    (value) =>
      Array.isArray(value) && value.length <= PEERS_MAX &&
      value.every((each) => typeof each === "string" && parseHostPort(each) !== undefined),
    `an array of at most ${PEERS_MAX}, each ${HOST_PORT_FORM}`,
  ],
  accept: [(value) => value === "everyone" || value === "known", '"everyone" or "known"'],
  maxSize: [isBetween(1, DOCUMENT_LIMIT), `a number of bytes, 1 to ${DOCUMENT_LIMIT}`],
  quota: [isBetween(0, Infinity), "a number of bytes, at least 0"],
  keepDays: [isBetween(0, DAYS_MAX), `a number of days, at least 0 and at most ${DAYS_MAX} days`],
  keepSize: [isBetween(0, Infinity), "a number of bytes, at least 0"],
  outboxDays: [
    (value) => value !== 0 && isBetween(0, DAYS_MAX)(value),
    `a number of days, over 0 and at most ${DAYS_MAX} days`,
  ],
  brief: [(value) => typeof value === "boolean", "true or false"],
  onAsk: [(value) => typeof value === "function", "a function"],
  onEvent: [(value) => typeof value === "function", "a function"],
};

const TEXTS = ["name", "profile", "group", "joinCode", "inbox", "state"] as const;

/** @throws {UserError} the value is no object of options, or has one of the wrong kind */
export function checkOptions(options: PeerOptions): void {
  const given = optionsOf(options, "an object");
  for (const key of TEXTS) if (given[key] !== undefined) checkText(`\`${key}\``, given[key]);
  for (const [key, [fits, expected]] of Object.entries(RULES)) {
    if (given[key] !== undefined && !fits(given[key])) throw wrong(`\`${key}\``, expected, given[key]);
  }
}

function isBetween(least: number, most: number): (value: unknown) => boolean {
  return (value) => typeof value === "number" && value >= least && value <= most;
}
