// A process that uses a store is killed at each step of a document's life; the next one on the same folders has it all.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { History } from "../../lib/storage/history/history.ts";
import { openStorage } from "../../lib/storage/storage.ts";
import type { Step } from "../../lib/storage/testing.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { contents, killAt } from "./placement.ts";
import { arrivals, expected, numberOf } from "./placement_arrivals.ts";

const moments: Partial<Record<Step, string>> = {
  received: "before COMMIT",
  committed: "after COMMIT and before any file",
  written: "after a file was written and before it is in place",
  linked: "after a file is in place and before the next",
  placed: "before the acknowledgement",
  durable: "after files were made durable and before that is noted",
};

for (const [step, moment] of Object.entries(moments) as [Step, string][]) {
  for (const count of [6, 120]) {
    Deno.test(`killed ${moment}, with ${count} messages under way, nothing is lost or doubled`, async () => {
      const folder = await Deno.makeTempDir({ prefix: "earshot-crash-" });
      try {
        const { early, late } = arrivals(count);
        const acknowledged = await killAt(step, count, folder);
        assert(early.every((item) => acknowledged.includes(numberOf(item))));
        const inbox = join(folder, "inbox");
        const storage = await openStorage({
          state: join(folder, "state"),
          inbox,
          quota: 1e9,
          clock: new FakeClock(),
          warning: (code, message) => assert(false, `${code}: ${message}`),
        });
        try {
          const isCommitted = step !== "received";
          assertEquals(contents(inbox), expected(isCommitted ? [...early, ...late] : early));
          for (const item of [...early, ...late]) {
            const outcome = await storage.receive(item);
            assert(outcome.saved);
            assertEquals(outcome.duplicate, isCommitted || numberOf(item) <= count);
          }
          assertEquals(contents(inbox), expected([...early, ...late]));
          using history = History.open(join(folder, "state"), inbox)!;
          assertEquals(history.arrivals(0, 1000).length, 2 * count);
        } finally {
          await storage.close();
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}
