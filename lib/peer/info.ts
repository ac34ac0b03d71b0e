import { freeRoom } from "../platform/free_room.ts";
import type { ProfilePaths } from "../platform/paths.ts";

/** Returns what a peer tells of its machine in answer to `{"cmd":"info"}`; members that are not known are left out. */
export function machineInfo({ state, inbox }: ProfilePaths): Record<string, number> {
  const free = [state, inbox].map(freeRoom).filter((room) => room !== undefined);
  return {
    ...(free.length > 0 && { free: Math.min(...free) }),
    ...load(),
  };
}

/** Processes that ran or waited in the last minute, on average, and the number of processors. */
function load(): { load?: number; processors?: number } {
  try {
    // Windows has no such number, and says 0.
    const [load = 0] = Deno.build.os === "windows" ? [] : Deno.loadavg();
    if (load === 0) return {};
    return { load: Math.round(load * 100) / 100, processors: navigator.hardwareConcurrency };
  } catch {
    // A program that uses the library need not have that right.
    return {};
  }
}
