import { NoiseError } from "../noise/noise_error.ts";
import { isSystemError } from "../platform/trouble.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { HandshakeError } from "./handshake.ts";

/**
 * Whether an error is a fault of this program. What a stranger sends, and how the system tells of a connection that
 * failed, is none.
 */
export function isFault(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  if (error instanceof HandshakeError || error instanceof ProtocolError || error instanceof NoiseError) {
    return false;
  }
  return !isSystemError(error);
}
