import { assert, assertEquals } from "@std/assert";
import { ReplayWindow } from "../../../lib/discovery/replay_window.ts";

Deno.test("an announcement counts once, also when it comes late or out of order", () => {
  const replay = new ReplayWindow();
  for (
    const [seq, isNew] of [[5, true], [5, false], [3, true], [3, false], [40, true], [9, true], [8, false]]
  ) {
    assertEquals(!replay.has(seq as number), isNew, `${seq}`);
    replay.add(seq as number, 0);
  }
  replay.add(0xffff_ffff, 0);
  assert(replay.has(40) && replay.has(0xffff_ffff) && !replay.has(0xffff_fffe));
  assertEquals([replay.isLatest(0xffff_ffff), replay.isLatest(41)], [false, false]);
  replay.reset();
  assert(!replay.has(0) && replay.isLatest(0));
});
