import { join } from "../../platform/std_path.ts";
import { type Check, fault, pass, quoted } from "../finding.ts";

/** Looks for another machine that uses the identity of this profile. */
export const identity: Check = {
  name: "identity",
  title: "another machine with the id of this profile",
  async look({ profile: { state }, listening }) {
    const id = idIn(state);
    if (id === undefined) return pass("This profile has no identity yet; the first start makes one.");
    await listening.asked;
    const twin = listening.peers.find((peer) => peer.id === id);
    if (!twin) return pass(`Nobody else uses the id ${id.slice(0, 6)}.`);
    return fault(
      `${twin.name} at ${twin.address.host} has the same id as you (${
        id.slice(0, 6)
      }): its state folder is a copy of ` +
        "this one, or the other way round, unless somebody there only pretends to be you.",
      "If you know of a copy, delete the identity on the machine that has it; its next start makes a new one.",
      `rm ${quoted(join(state, "identity.json"))}`,
    );
  },
};

/** Reads the id and changes nothing, not even the mode of the file. */
function idIn(state: string): string | undefined {
  try {
    const { id } = JSON.parse(Deno.readTextFileSync(join(state, "identity.json")));
    return typeof id === "string" && /^[a-z2-7]{24}$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
