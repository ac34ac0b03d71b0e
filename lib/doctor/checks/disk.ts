import { freeRoom } from "../../platform/free_room.ts";
import { type Check, fault, pass, quoted, unknown, type Verdict, warning } from "../finding.ts";

export const MIB = 1024 * 1024;
/** Free room below which nothing much can be received, bytes. */
export const FULL = 4 * MIB;
/** Free room below which a large document may not fit, bytes. */
export const TIGHT = 64 * MIB;

/** Looks for room where the database and the inbox are. */
export const disk: Check = {
  name: "disk",
  title: "a disk that is full, or nearly so",
  look({ profile: { state, inbox } }): Verdict {
    const rooms = [state, inbox].flatMap((path) => {
      const free = freeRoom(path);
      return free === undefined ? [] : [{ path, free }];
    }).toSorted((a, b) => a.free - b.free);
    const least = rooms[0];
    if (!least) return unknown("The system does not tell how much room is left.");
    const saw = `${Math.floor(least.free / MIB)} MiB are free on the disk of ${least.path}.`;
    const fix = "Make room there, or move the folder to another disk (--state, --inbox).";
    if (least.free < FULL) return fault(saw, fix, `df -h ${quoted(least.path)}`);
    if (least.free < TIGHT) return warning(saw, fix, `df -h ${quoted(least.path)}`);
    return pass(saw);
  },
};
