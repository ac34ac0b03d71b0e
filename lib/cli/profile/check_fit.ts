import type { Config } from "../../config/config.ts";
import { type OptionKey, OPTIONS } from "../../config/options.ts";
import type { Service, Status } from "../../control/service.ts";
import { UserError } from "../../platform/user_error.ts";

/** Options that take effect only when a peer starts. */
const DECIDED_AT_START = [
  "name",
  "port",
  "interface",
  "peer",
  "inbox",
  "accept",
  "maxSize",
  "quota",
  "keepDays",
  "keepSize",
  "outboxDays",
] as const satisfies OptionKey[];

/**
 * Checks that the running peer fits the command line. Nothing may go to another group than the one named, and no option
 * may be ignored silently because the running peer was started without it.
 *
 * @throws {UserError} names what does not fit, and the remedy
 */
export async function requireFit(config: Config, service: Service): Promise<void> {
  const { group: wanted, given } = config;
  if (wanted === undefined && !DECIDED_AT_START.some((key) => given[key] !== undefined)) return;
  checkFit(config, await service.status());
}

/** {@linkcode requireFit} for a peer with a known status. */
export function checkFit(config: Config, status: Status): void {
  const { group: wanted, given } = config;
  const { group, pid, brief } = status;
  if (wanted !== undefined && group !== wanted) {
    throw new UserError(
      `The running peer of this profile (process ${pid}) is in the group "${group}", not in "${wanted}": ` +
        "restart it there, or use --profile NAME for another peer.",
    );
  }
  const idle = brief
    ? []
    : DECIDED_AT_START.filter((key) => given[key] !== undefined && !isFitting(key, config, status));
  if (idle.length === 0) return;
  const options = idle.map((key) => `--${OPTIONS[key].flag}`).join(", ");
  throw new UserError(
    `The running peer of this profile (process ${pid}) was started with another ${options}: ` +
      "restart it with that, leave it out here, or use --profile NAME for another peer.",
  );
}

function isFitting(key: typeof DECIDED_AT_START[number], config: Config, status: Status): boolean {
  const { interfaces, peers, ...settings } = status.settings;
  const started = { name: status.name, inbox: status.inbox, interface: interfaces, peer: peers, ...settings };
  return comparable(config[key]) === comparable(started[key]);
}

/** Sorts lists: their order does not matter. */
function comparable(value: unknown): unknown {
  return Array.isArray(value) ? value.toSorted().join() : value;
}
