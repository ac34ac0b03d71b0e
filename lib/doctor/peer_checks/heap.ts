import { type Check, pass, warning } from "../finding.ts";
import { type PeerScene, told } from "../peer_scene.ts";

/** Free memory below which a board may refuse sessions and documents, bytes: a session takes some 10 KiB. */
const LITTLE = 20 * 1024;

/** Looks at the free memory of a board. */
export const heap: Check<PeerScene> = {
  name: "heap",
  title: "free memory of a board",
  async look(scene) {
    const free = await told(scene, "heap");
    if (free === undefined) return undefined;
    const saw = `The board has ${Math.floor(free / 1024)} KiB of memory left.`;
    if (free >= LITTLE) return pass(saw);
    return warning(
      `${saw} It may refuse sessions and documents.`,
      "Build it with fewer sessions or smaller buffers, and look for what takes memory in its own code.",
      "idf.py size",
    );
  },
};
