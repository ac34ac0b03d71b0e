/** Smaller ones are left to the garbage collector, bytes. */
const WORTH_IT = 16 * 1024;

/**
 * Gives back at once the memory of a large buffer that nobody looks at any more, if these bytes are all of it. The
 * garbage collector would let many MiB of them gather first.
 */
export function release(bytes: Uint8Array): void {
  if (bytes.length >= WORTH_IT && bytes.length === bytes.buffer.byteLength) {
    (bytes.buffer as ArrayBuffer).transfer(0);
  }
}
