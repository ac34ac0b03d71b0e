import type { Hash } from "node:crypto";

/**
 * Returns a new SHA-256. Loads `node:crypto` when it is first called, which takes longer than all else that a storage
 * thread needs to start.
 */
export function sha256(): Hash {
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}
