/** Smaller buffers are left to the garbage collector, bytes. */
const WORTH_IT = 16 * 1024;

/**
 * Frees the memory of a large buffer that is no longer used, if `bytes` is all of it. The garbage collector would let
 * many MiB accumulate first.
 */
export function release(bytes: Uint8Array): void {
  if (bytes.length >= WORTH_IT && bytes.length === bytes.buffer.byteLength) {
    (bytes.buffer as ArrayBuffer).transfer(0);
  }
}
