import type { ChaCha20Poly1305 } from "npm:@chainsafe/as-chacha20poly1305@0.1.0";

/** Largest message that WebAssembly seals faster than `node:crypto`, which makes a stream for each; bytes. */
export const SMALL_MESSAGE_MAX = 1024;

/** A process that seals and opens fewer messages has no use for the time that loading takes. */
const LOADED_AFTER = 64;

let asked = 0;
let loaded: ChaCha20Poly1305 | undefined;

/**
 * Returns ChaCha20-Poly1305 (RFC 8439) for messages of at most {@linkcode SMALL_MESSAGE_MAX} bytes; undefined while it
 * is not loaded, which it is some time after many calls, or if the package cannot be loaded.
 *
 * Its comparison of tags ends at the first difference: use it only for a key that is given up with the first message that
 * does not open.
 */
export function smallAead(): ChaCha20Poly1305 | undefined {
  if (!loaded && ++asked === LOADED_AFTER) loadSmallAead().catch(() => {/* what there was serves on */});
  return loaded;
}

/** Loads it now. */
export async function loadSmallAead(): Promise<void> {
  // The compiled program has it bundled, without names of its own: it is a CommonJS module.
  const { default: library } = await import("npm:@chainsafe/as-chacha20poly1305@0.1.0") as unknown as {
    default: typeof import("npm:@chainsafe/as-chacha20poly1305@0.1.0");
  };
  loaded = new library.ChaCha20Poly1305(library.newInstance());
}
