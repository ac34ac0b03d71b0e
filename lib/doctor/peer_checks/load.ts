import { type Check, pass, warning } from "../finding.ts";
import { type PeerScene, told } from "../peer_scene.ts";

/** Load for each processor from which answers come late. */
const HIGH = 16;

/** Looks how busy the machine of the peer is. */
export const load: Check<PeerScene> = {
  name: "load",
  title: "the load of its machine",
  async look(scene) {
    const [load, processors = 1] = [await told(scene, "load"), await told(scene, "processors")];
    if (load === undefined) return undefined;
    const saw = `The load of the machine of ${scene.peer.name} is ${load} on ${processors} processor${
      processors === 1 ? "" : "s"
    }.`;
    if (load < HIGH * Math.max(1, processors)) return pass(saw);
    return warning(`${saw} It may answer late.`, "See there what keeps it busy.", "top");
  },
};
