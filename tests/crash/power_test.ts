// What a power cut leaves of files that were not durable yet, as far as a machine that keeps its power can make it: the
// process is killed, and the test damages what no fsync has reached.

import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { openStorage } from "../../lib/storage/storage.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { arrivals, expected } from "./placement_arrivals.ts";
import { contents, killAt } from "./placement.ts";
import { cutPower, doubtfulFiles } from "./power.ts";

const COUNT = 120;

/** Lets a process receive messages, kills it before their files are noted as durable, and opens the store again. */
async function afterPowerCut(
  damage: (folders: { state: string; inbox: string }) => void,
  check: (inbox: string, warnings: string[]) => void,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "earshot-crash-" });
  try {
    const folders = { state: join(root, "state"), inbox: join(root, "inbox") };
    await killAt("durable", COUNT, root);
    damage(folders);
    const warnings: string[] = [];
    const storage = await openStorage({
      ...folders,
      quota: 1e9,
      clock: new FakeClock(),
      warning: (code) => warnings.push(code),
    });
    try {
      check(folders.inbox, warnings);
    } finally {
      await storage.close();
    }
    assertEquals(doubtfulFiles(folders), []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const { early, late } = arrivals(COUNT);

Deno.test("files that a power cut truncated, zero-filled, emptied or removed return on the next start", async () => {
  const random = new SeededRandom();
  for (let round = 0; round < 3; round++) {
    await afterPowerCut(
      (folders) => assert(cutPower(folders, random) > COUNT / 4),
      (inbox, warnings) => {
        assertEquals(contents(inbox), expected([...early, ...late]));
        assertEquals(warnings, []);
      },
    );
  }
});

Deno.test("folders that a power cut took with all that was in them return on the next start", async () => {
  await afterPowerCut(
    ({ inbox }) => Deno.removeSync(inbox, { recursive: true }),
    // What was noted as durable before is as gone as if its owner had removed it.
    (inbox) => assertEquals(contents(inbox), expected(late)),
  );
});

Deno.test("a file that the user edited before the start stays, and ours stands beside it", async () => {
  const owners = "the owner's";
  const edited: string[] = [];
  await afterPowerCut(
    (folders) => {
      for (const { path } of doubtfulFiles(folders)) {
        if (!path.endsWith(".json")) continue;
        Deno.writeTextFileSync(path, owners);
        edited.push(path);
      }
    },
    (inbox, warnings) => {
      assert(edited.length > COUNT / 4);
      for (const path of edited) assertEquals(Deno.readTextFileSync(path), owners);
      for (const path of edited) Deno.renameSync(path.replace(".json", "-2.json"), path);
      assertEquals(contents(inbox), expected([...early, ...late]));
      assertEquals(warnings, []);
      assertEquals(dirname(edited[0]!), join(inbox, "sender"));
    },
  );
});
