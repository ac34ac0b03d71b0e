import { openForReading } from "../../storage/database/open_database.ts";
import { type Check, pass, unknown, warning } from "../finding.ts";

/** Difference that counts, milliseconds. */
const FAR = 120_000;
/** Age of messages that count, milliseconds. */
const RECENT = 86_400_000;
/** Latest messages that are read. */
const ROWS = 500;
/** Messages of a sender that must all look old before that counts: one may have waited in an outbox. */
const OLD_MIN = 3;

interface Row {
  readonly sender: string;
  readonly name: string;
  readonly ahead: number;
}

/** Looks whether the clock of a peer that sent something lately is far from ours. */
export const clock: Check = {
  name: "clock",
  title: "a clock that is far from that of a peer",
  look({ profile: { state }, os }) {
    let rows: Row[];
    try {
      rows = read(state);
    } catch {
      return unknown("The history cannot be read; see `earshot inbox`.", undefined);
    }
    if (rows.length === 0) return pass("Nobody sent anything in the last day that would tell.");
    const off = [...Map.groupBy(rows, ({ sender }) => sender).values()].flatMap((of) => {
      const ahead = Math.max(...of.map((row) => row.ahead));
      return ahead > FAR || (ahead < -FAR && of.length >= OLD_MIN) ? [{ name: of[0]!.name, ahead }] : [];
    });
    if (off.length === 0) return pass("Clocks of peers that sent something lately agree with this one.");
    const list = off.map(({ name, ahead }) =>
      `${name} is ${Math.round(Math.abs(ahead) / 60_000)} minutes ${
        ahead > 0 ? "ahead of" : "behind"
      } this machine`
    );
    return warning(
      `Clocks differ: ${
        list.slice(0, 8).join("; ")
      }. Times in the chat and the history are wrong by as much.`,
      "Let both machines set their clocks from the network.",
      os === "windows"
        ? "w32tm /resync"
        : os === "darwin"
        ? "sudo sntp -sS time.apple.com"
        : "sudo timedatectl set-ntp true",
    );
  },
};

/** Sender's clock when it sent, against ours when that arrived. */
function read(state: string): Row[] {
  const db = openForReading(state);
  if (!db) return [];
  try {
    return db.prepare(
      `SELECT sender, sender_name AS name, sent_at - received_at AS ahead
         FROM (SELECT * FROM message ORDER BY row DESC LIMIT ${ROWS})
         WHERE sent_at IS NOT NULL AND received_at > ? AND sender NOT LIKE 'plain-%'`,
    ).all(Date.now() - RECENT) as unknown as Row[];
  } finally {
    db.close();
  }
}
