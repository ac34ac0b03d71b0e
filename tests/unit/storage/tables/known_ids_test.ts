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
    /** Messages of a sender are in the history. */
    receive: (sender: string, ...numbers: number[]) => void;
    /** Those of these numbers of a sender that were received. */
    received: (sender: string, ...numbers: number[]) => number[];
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
    const receive = (sender: string, ...numbers: number[]) => {
      for (const n of numbers) add.run(sender, messageId(n));
    };
    test({
      leave(sender, first, last, at) {
        db.exec("DELETE FROM message");
        receive(sender, ...range(first, last));
        table.remember(0, 1e9, at, false);
      },
      prune(at) {
        for (let times = 0; times < 5; times++) table.prune(at);
      },
      remembered: (sender) =>
        Array.from({ length: 100 }, (_, n) => n).filter((n) => table.find(sender, messageId(n))),
      receive,
      received(sender, ...numbers) {
        const ids = table.among(sender, numbers.map(messageId));
        return numbers.filter((n) => ids.includes(messageId(n)));
      },
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

Deno.test("an id that was received is known in whatever order ids come, in the history and once it has left it", () =>
  withTable({ perSender: 10, total: 1000 }, ({ leave, receive, received }) => {
    assertEquals(received(ALICE, 1, 2), [], "nothing came yet");
    receive(ALICE, 10, 30, 20);
    receive(BOB, 50);
    assertEquals(received(ALICE, 31, 20, 5, 10, 15, 30, 40), [20, 10, 30]);
    assertEquals(received(ALICE, 31, 50), [], "all are newer, whatever others sent");
    leave(ALICE, 60, 61, 0);
    receive(ALICE, 40);
    assertEquals(received(ALICE, 61, 40, 50, 62), [61, 40]);
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
