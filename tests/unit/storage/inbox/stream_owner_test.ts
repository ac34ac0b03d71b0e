import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { aDocument, Bench } from "../support.ts";
import { exists } from "../../../../lib/storage/files/file_access.ts";
import type { NotSaved } from "../../../../lib/storage/types.ts";

const TODAY = "alice/log-2026-01-01.jsonl";
const line = (seq: number) => aDocument(seq, { stream: "log" });

/** Lines of the other program. */
const THEIRS = 10_000;

const onUnix = { ignore: Deno.build.os === "windows" };

Deno.test("lines that another program appends meanwhile stay whole, and so do ours", onUnix, async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(line(1));
  const script = `for i in $(seq 1 ${THEIRS}); do echo "theirs $i" >> "$0"; done`;
  const theirs = new Deno.Command("sh", { args: ["-c", script, join(bench.inbox, TODAY)] }).spawn();
  let seq = 1;
  let ended = false;
  const end = theirs.status.then(() => ended = true);
  while (!ended) {
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map((n) => storage.receive(line(seq + n))));
    const refused = outcomes.findIndex(({ saved }) => !saved);
    seq += refused === -1 ? outcomes.length : refused;
    if (refused === -1) continue;
    // If none of many attempts finds the file as it was just before, the folder takes nothing until the next sync.
    assertEquals((outcomes[refused] as NotSaved).code, "busy");
    await storage.sync();
  }
  await end;
  assert(seq > 5, "nothing was taken");
  // What could not be placed while the file changed again and again is in the database, and follows with the next sync.
  await storage.sync();
  // A line of theirs may be seen while half of it is written: then ours gets a line break before it too many.
  const found = bench.read(TODAY).split("\n").filter((text) => text !== "");
  assertEquals(
    found.filter((text) => text.startsWith("theirs")),
    Array.from({ length: THEIRS }, (_, i) => `theirs ${i + 1}`),
  );
  assertEquals(
    found.filter((text) => !text.startsWith("theirs")),
    Array.from({ length: seq }, (_, i) => `{"seq":${i + 1}}`),
    `${Object.keys(bench.files())}: ${bench.warnings}`,
  );
});

Deno.test(
  "a file that is put away again and again while lines arrive takes no line with it that is not in it",
  onUnix,
  async () => {
    await using bench = new Bench();
    const storage = await bench.open();
    const path = join(bench.inbox, TODAY);
    const parts: string[] = [];
    let seq = 0;
    for (let round = 0; round < 60; round++) {
      const receiving = Promise.all(Array.from({ length: 20 }, () => storage.receive(line(++seq))));
      // At some moment of it: the lines are on their way in another thread.
      for (let turns = round % 4; turns > 0; turns--) await storage.known();
      if (exists(path)) {
        parts.push(`${path}.${round}`);
        Deno.renameSync(path, parts.at(-1)!);
      }
      assert((await receiving).every(({ saved }) => saved));
    }
    assert(parts.length > 30, `${parts.length}`);
    if (exists(path)) parts.push(path);
    assertEquals(
      parts.map((part) => Deno.readTextFileSync(part)).join("").split("\n").slice(0, -1),
      Array.from({ length: seq }, (_, i) => `{"seq":${i + 1}}`),
    );
    assertEquals(bench.warnings, []);
  },
);

Deno.test(
  "a file that is emptied or removed again and again between lines begins anew each time",
  onUnix,
  async () => {
    await using bench = new Bench();
    const storage = await bench.open();
    const path = join(bench.inbox, TODAY);
    let text = "";
    for (let seq = 1; seq <= 200; seq++) {
      assert((await storage.receive(line(seq))).saved);
      text += `{"seq":${seq}}\n`;
      assertEquals(bench.read(TODAY), text);
      if (seq % 3 > 0) continue;
      if (seq % 2 > 0) Deno.truncateSync(path);
      else Deno.removeSync(path);
      text = "";
    }
  },
);

Deno.test("a stream goes on in the next day's file in the middle of a batch of lines, whatever the clock does then", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const receiving: Promise<unknown>[] = [];
  const days = [0, 0, 1, 1, 0, 1, 2];
  const DAY_MS = 86_400_000;
  const start = bench.clock.wallOffset;
  for (const [i, day] of days.entries()) {
    bench.clock.wallOffset = start + day * DAY_MS;
    for (let n = 1; n <= 300; n++) receiving.push(storage.receive(line(300 * i + n)));
    await storage.known();
  }
  await Promise.all(receiving);
  const files = bench.files();
  for (const [day, name] of ["2026-01-01", "2026-01-02", "2026-01-03"].entries()) {
    const seqs = files[`alice/log-${name}.jsonl`]!.split("\n").slice(0, -1).map((text) =>
      JSON.parse(text).seq
    );
    assertEquals(seqs, seqs.toSorted((a, b) => a - b), name);
    // Each line stands in the file of the day on which it was taken.
    for (const seq of seqs.filter((seq) => seq % 300 === 0)) assertEquals(days[seq / 300 - 1], day);
  }
  const all = Object.values(files).join("").split("\n").filter((text) => text !== "");
  assertEquals(all.length, 300 * days.length);
  assertEquals(new Set(all).size, all.length);
});
