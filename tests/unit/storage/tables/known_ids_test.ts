import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { IDS_DAYS } from "../../../../lib/protocol/limits.ts";
import { KnownIdTable } from "../../../../lib/storage/tables/known_ids.ts";
import { openDatabase } from "../../../../lib/storage/database/open_database.ts";
import { ALICE, BOB, messageId, peerId } from "../support.ts";

const DAY = 86_400_000;
const STRANGER = peerId("x");

/** A table with small limits, over a database of its own; `known` are known peers. */
function withTable(
  limits: { perSender: number; total: number },
  test: (bench: {
    /** So many messages of a sender leave the history at a time, milliseconds. */
    leave: (sender: string, first: number, last: number, at: number) => void;
    /** Prunes until nothing is left to do. */
    prune: (at: number) => void;
    /** Numbers of the messages of a sender that are remembered. */
    remembered: (sender: string) => number[];
  }) => void,
): void {
  const root = Deno.makeTempDirSync({ prefix: "earshot-ids-" });
  const db = openDatabase(join(root, "earshot.db"));
  try {
    for (const id of [ALICE, BOB]) {
      db.prepare("INSERT INTO known (id, name, how, since) VALUES (?, 'x', 'trusted', 1)").run(id);
    }
    const table = new KnownIdTable(db, limits);
    const add = db.prepare(
      `INSERT INTO message (sender, id, sender_name, kind, name, received_at, size) VALUES (?, ?, '', 'chat', '', 0, 1)`,
    );
    test({
      leave(sender, first, last, at) {
        db.exec("DELETE FROM message");
        for (let n = first; n <= last; n++) add.run(sender, messageId(n));
        table.remember(0, 1e9, at, false);
      },
      prune(at) {
        for (let times = 0; times < 5; times++) table.prune(at);
      },
      remembered: (sender) =>
        Array.from({ length: 100 }, (_, n) => n).filter((n) => table.find(sender, messageId(n))),
    });
  } finally {
    db.close();
    Deno.removeSync(root, { recursive: true });
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

Deno.test("ids that left the history are remembered for 40 days, and the latest of each sender beyond them", () =>
  withTable({ perSender: 10, total: 1000 }, ({ leave, prune, remembered }) => {
    leave(ALICE, 1, 30, 0);
    leave(BOB, 1, 5, 0);
    leave(ALICE, 31, 40, DAY);
    prune(IDS_DAYS * DAY);
    assertEquals(remembered(ALICE), range(1, 40));
    prune(IDS_DAYS * DAY + 7_200_000);
    assertEquals(remembered(ALICE), range(31, 40));
    assertEquals(remembered(BOB), range(1, 5));
    prune(1000 * DAY);
    assertEquals(remembered(ALICE), range(31, 40), "the latest of a sender stay");
  }));

Deno.test("if there are too many ids, those of strangers go first, then the oldest", () =>
  withTable({ perSender: 10, total: 20 }, ({ leave, prune, remembered }) => {
    leave(ALICE, 1, 12, 0);
    leave(STRANGER, 1, 50, 0);
    prune(1);
    assertEquals(remembered(ALICE), range(1, 12));
    assertEquals(remembered(STRANGER), range(43, 50));
    leave(BOB, 1, 18, 2);
    prune(2);
    assertEquals(remembered(STRANGER), []);
    assertEquals(remembered(ALICE), range(11, 12));
    assertEquals(remembered(BOB), range(1, 18));
  }));
