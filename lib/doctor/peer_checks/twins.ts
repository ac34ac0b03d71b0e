import type { Heard } from "../../peer/probe.ts";
import { type Check, fault } from "../finding.ts";
import { heardNow, heardOf, type PeerScene, socketsOf } from "../peer_scene.ts";

/** How often two starts are asked once more, each time for at most 1.5 s. */
const ASKS = 3;
/** Most sockets that are asked: those heard last. */
const SOCKETS_MAX = 16;

/** Looks whether two peers answer with this identity. */
export const twins: Check<PeerScene> = {
  name: "twins",
  title: "two peers with its identity, such as a board and one with a copy of its flash",
  async look(scene) {
    const { listening, asked, dialledBack, peer } = scene;
    const isAlone = () => new Set(heardNow(scene).map(({ announcement }) => announcement!.boot)).size < 2;
    await heardOf(scene);
    // A late answer counts, as long as other checks look as well.
    if (isAlone()) await Promise.allSettled([asked, dialledBack]);
    if (isAlone()) return undefined;
    // Peers limit their answers: each of two may have answered another question.
    for (let asks = 0; asks < ASKS && !twinsIn(heardNow(scene)); asks++) {
      const sockets = socketsOf(heardNow(scene)).slice(-SOCKETS_MAX);
      await listening.askAlone(sockets, () => twinsIn(heardNow(scene)) !== undefined);
    }
    const both = twinsIn(heardNow(scene));
    return both && fault(
      `Two peers answer as ${peer.name}: at ${both.join(" and ")}, unless one only pretends to be it.`,
      "If you know of a copy, erase the flash of one board and flash it again, or give one of two programs a state folder of its own.",
      "esptool erase_flash",
    );
  },
};

/** Questions that a start has answered, by their rounds, and where from. */
interface Answered {
  first: number;
  last: number;
  host: string;
}

/**
 * Returns the hosts of two starts that answer at the same time; undefined if there are none. After a restart, the first
 * question that the new start answers was asked later than the last one that the old start answers.
 */
function twinsIn(heard: readonly Heard[]): string[] | undefined {
  const starts = new Map<number, Answered>();
  for (const { answers, announcement, from: { host } } of heard) {
    if (answers === undefined) continue;
    const { boot } = announcement!;
    const start = starts.get(boot) ?? { first: answers, last: answers, host };
    starts.set(boot, start);
    start.first = Math.min(start.first, answers);
    start.last = Math.max(start.last, answers);
    start.host = host;
  }
  const order = [...starts.values()].sort((a, b) => a.first - b.first);
  const at = order.findIndex((start, index) => index > 0 && start.first <= order[index - 1]!.last);
  return at < 0 ? undefined : [...new Set([order[at - 1]!.host, order[at]!.host])];
}
