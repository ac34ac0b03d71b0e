import { type Check, pass, warning } from "../finding.ts";
import type { PeerScene } from "../peer_scene.ts";

/** Difference that counts, milliseconds. */
const FAR = 120_000;

/** Compares the clock of the peer with ours. */
export const clock: Check<PeerScene> = {
  name: "clock",
  title: "its clock, against ours",
  async look({ peer: { name }, asked }) {
    const { info, at } = await asked;
    const told = typeof info?.clock === "string" ? Date.parse(info.clock) : NaN;
    if (Number.isNaN(told)) return undefined;
    const ahead = told - at;
    if (Math.abs(ahead) <= FAR) return pass("Its clock agrees with this one.");
    return warning(
      `The clock of ${name} is ${Math.round(Math.abs(ahead) / 60_000)} minutes ${
        ahead > 0 ? "ahead of" : "behind"
      } this machine: times in chats and histories are wrong by as much.`,
      "Let both machines set their clocks from the network.",
      "sudo timedatectl set-ntp true",
    );
  },
};
