import { type Check, pass, warning } from "../finding.ts";
import { type PeerScene, told } from "../peer_scene.ts";

/** Signal below which packets get lost, dBm. */
const WEAK = -80;

/** Looks at the strength of the radio signal where a board is. */
export const signal: Check<PeerScene> = {
  name: "signal",
  title: "strength of the signal where a board is",
  async look(scene) {
    const dbm = await told(scene, "signal");
    // Without a link it is 0.
    if (dbm === undefined || dbm === 0) return undefined;
    const saw = `The signal of the access point has ${dbm} dBm at the board.`;
    if (dbm >= WEAK) return pass(saw);
    return warning(
      `${saw} That is weak: packets get lost, and it may drop off the network.`,
      "Move it or the access point, turn its antenna, or add an access point near it.",
    );
  },
};
