import { type Check, explained, fault, pass, unknown } from "../finding.ts";
import type { PeerScene } from "../peer_scene.ts";

/** Looks whether the peer reaches us. */
export const callback: Check<PeerScene> = {
  name: "callback",
  title: "whether it can dial us when it is asked to",
  async look({ peer: { name }, dialledBack }, found) {
    const cause = await explained(found, "heard", "session");
    const result = await dialledBack;
    if (!result) return unknown("Your running peer is an older program: restart it.");
    const { status, port } = result;
    if (status === "reached") return pass(`${name} has dialled TCP ${port} of this machine.`);
    if (cause) return cause;
    if (status === "cannot") return unknown(`The program of ${name} does not dial when it is asked to.`);
    if (status === "unheard") {
      return unknown(`${name} is not heard, so it cannot be asked to dial this machine.`);
    }
    return fault(
      `${name} was asked to dial TCP ${port} of this machine, and did not get through.`,
      "Let in TCP 3333 to 3349 on this machine; see what else keeps it apart.",
      "earshot doctor",
    );
  },
};
