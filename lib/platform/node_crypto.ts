import type { Hash } from "node:crypto";

let loaded: typeof import("node:crypto") | undefined;

/**
 * Returns `node:crypto`. Loads it when it is first called: that takes longer than all else that a storage thread, or the
 * first question of a short-lived peer, needs to start.
 */
export function nodeCrypto(): typeof import("node:crypto") {
  return loaded ??= process.getBuiltinModule("node:crypto");
}

/** Returns a new SHA-256. */
export function sha256(): Hash {
  return nodeCrypto().createHash("sha256");
}
