import type { Address } from "../net/types.ts";
import { meaningOf } from "../platform/trouble.ts";
import { hostPortText } from "../protocol/host_port.ts";
import { HandshakeError } from "./handshake.ts";

/** Kinds of failure to reach a peer at one address, the most telling last. */
const KINDS = [
  "no-route",
  "silent",
  "refused",
  "hung-up",
  "stuck",
  "rejected",
  "somebody-else",
  "other",
] as const;

/** Reason why there is no session at one address. */
export interface DialFailure {
  readonly address: Address;
  readonly kind: typeof KINDS[number];
  /** Meaning of the error, for kind `other`. */
  readonly message?: string;
}

/**
 * Classifies the error that ended an attempt.
 *
 * @param connected the connection was open by then
 * @param late the attempt ran out of time
 */
export function dialFailure(
  address: Address,
  error: unknown,
  connected: boolean,
  late: boolean,
): DialFailure {
  const { name = "", code } = (error ?? {}) as { name?: string; code?: string };
  if (error instanceof HandshakeError && error.reason === "somebody else") {
    return { address, kind: "somebody-else" };
  }
  if (late || name === "TimedOut") return { address, kind: connected ? "stuck" : "silent" };
  if (connected) return { address, kind: "hung-up" };
  if (name === "ConnectionRefused") return { address, kind: "refused" };
  // The system reports a firewall's answer so, remote or local.
  if (error instanceof Deno.errors.PermissionDenied || ["EACCES", "EPERM"].includes(code ?? "")) {
    return { address, kind: "rejected" };
  }
  const isRouteless = /^(Host|Network)Unreachable$/.test(name) ||
    ["EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "EHOSTDOWN"].includes(code ?? "");
  return isRouteless ? { address, kind: "no-route" } : { address, kind: "other", message: meaningOf(error) };
}

/** The failure that tells most about the peer. */
export function mostTelling(failures: readonly DialFailure[]): DialFailure | undefined {
  return failures.toSorted((a, b) => KINDS.indexOf(b.kind) - KINDS.indexOf(a.kind))[0];
}

/** Says what a failure means, as the end of a sentence whose subject is the peer. */
export function failureText({ address, kind, message }: DialFailure): string {
  const where = `TCP ${hostPortText(address)}`;
  switch (kind) {
    case "no-route":
      return `no route leads to ${where}`;
    case "silent":
      return `${where} does not answer`;
    case "refused":
      return `${where} refuses connections`;
    case "hung-up":
      return `${where} hangs up: another group, or another version of Earshot, may be there`;
    case "stuck":
      return `${where} takes connections, but no program answers there`;
    case "rejected":
      return `a firewall rejects connections to ${where}`;
    case "somebody-else":
      return `somebody else answers at ${where}`;
    case "other":
      return `${where} cannot be dialled: ${message}`;
  }
}
