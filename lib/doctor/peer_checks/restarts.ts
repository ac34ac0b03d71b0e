import { type Check, pass, warning } from "../finding.ts";
import { periodText } from "../../platform/periods.ts";
import { type PeerScene, told, wordOf } from "../peer_scene.ts";

/** Restarts since the power came that are too many. */
const MANY = 5;

/** Reasons of a restart that nobody wanted, with what to do. */
const BAD: Readonly<Record<string, string>> = {
  panic: "Its program has crashed: read what it printed on its serial line.",
  watchdog: "Its program was stuck: look for code of its own that waits or loops.",
  brownout: "Its voltage was too low: give it another power supply, or a shorter and thicker cable.",
};

/** Looks why, and how often, a board has restarted. */
export const restarts: Check<PeerScene> = {
  name: "restarts",
  title: "restarts of a board, and the reason of the last one",
  async look(scene) {
    const { info } = await scene.asked;
    const count = await told(scene, "restarts");
    const reason = wordOf(info?.reset);
    if (count === undefined && reason === undefined) return undefined;
    const uptime = await told(scene, "uptime");
    const saw = [
      ...(reason === undefined ? [] : [`The board started last because of: ${reason}.`]),
      ...(uptime === undefined ? [] : [`It has been up for ${periodText(uptime * 1000)}.`]),
      ...(count === undefined ? [] : [`It has restarted ${count} times since it has power.`]),
    ].join(" ");
    const bad = reason !== undefined && Object.hasOwn(BAD, reason) ? BAD[reason] : undefined;
    if (bad === undefined && (count ?? 0) < MANY) return pass(saw);
    return warning(saw, bad ?? "Read what it prints on its serial line when it restarts.", "idf.py monitor");
  },
};
