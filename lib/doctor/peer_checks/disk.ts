import { FULL, MIB, TIGHT } from "../checks/disk.ts";
import { type Check, fault, pass, warning } from "../finding.ts";
import { type PeerScene, told } from "../peer_scene.ts";

/** Looks at the room that the peer has on its disk. */
export const disk: Check<PeerScene> = {
  name: "disk",
  title: "free room on its disk",
  async look(scene) {
    const free = await told(scene, "free");
    if (free === undefined) return undefined;
    const saw = `${Math.floor(free / MIB)} MiB are free on the disk of ${scene.peer.name}.`;
    const fix = "Make room there, or move its folders to another disk (--state, --inbox).";
    if (free < FULL) return fault(saw, fix, "df -h");
    return free < TIGHT ? warning(saw, fix, "df -h") : pass(saw);
  },
};
