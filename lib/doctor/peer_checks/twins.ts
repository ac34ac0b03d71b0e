import { type Check, fault } from "../finding.ts";
import { heardOf, type PeerScene } from "../peer_scene.ts";

/** Looks whether two peers answer with this identity. */
export const twins: Check<PeerScene> = {
  name: "twins",
  title: "two peers with its identity, such as a board and one with a copy of its flash",
  async look(scene) {
    // A peer that restarts answers a question of before with one start, and a later one with the other.
    const rounds = new Map<string, Map<number, string>>();
    for (const { answers, announcement, from } of await heardOf(scene)) {
      if (answers === undefined) continue;
      const starts = rounds.get(answers) ?? new Map<number, string>();
      rounds.set(answers, starts.set(announcement!.boot, from.host));
    }
    const both = [...rounds.values()].find((starts) => starts.size > 1);
    if (!both) return undefined;
    return fault(
      `Two peers answer as ${scene.peer.name}: at ${
        [...new Set(both.values())].join(" and ")
      }, unless one only pretends to be it.`,
      "If you know of a copy, erase the flash of one board and flash it again, or give one of two programs a state folder of its own.",
      "esptool erase_flash",
    );
  },
};
