import { databasePath } from "../../storage/database/open_database.ts";
import { type Check, pass, warning } from "../finding.ts";

const MIB = 1024 * 1024;
/** Size past which the log has not been emptied for long, bytes: a peer empties it every 8 MiB. */
const LARGE = 64 * MIB;

/** Looks for a write-ahead log that somebody keeps from being emptied. */
export const journal: Check = {
  name: "journal",
  title: "a write-ahead log that a reader of the database keeps from shrinking",
  look({ profile: { state, running }, system: { databaseUsers } }) {
    const path = `${databasePath(state)}-wal`;
    const size = sizeOf(path);
    if (size < LARGE) return pass(`The write-ahead log has ${Math.ceil(size / MIB)} MiB.`);
    const others = databaseUsers.filter(({ pid }) => pid !== running?.pid && pid !== Deno.pid);
    const saw = `The write-ahead log ${path} has ${Math.floor(size / MIB)} MiB.`;
    if (others.length > 0) {
      const list = others.map(({ program, pid }) => `${program} (process ${pid})`).join(", ");
      return warning(
        `${saw} The database is also open in ${list}: as long as a reader does not end, the log only grows.`,
        "End that program, or let it end its transaction.",
        ...others.map(({ pid }) => `kill ${pid}`),
      );
    }
    return warning(
      `${saw} A reader may have kept it from shrinking.`,
      running
        ? "End programs that read the database, then restart your peer."
        : "Start your peer once: it empties the log.",
      ...(running ? [] : ["earshot run"]),
    );
  },
};

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
