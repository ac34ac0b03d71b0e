import { type Check, fault, pass, warning } from "../finding.ts";
import { hadSession, heardOf, type PeerScene } from "../peer_scene.ts";
import { agoText } from "../../platform/periods.ts";

/** Looks whether the peer is heard, and by which ways. */
export const heard: Check<PeerScene> = {
  name: "heard",
  title: "whether it announces itself here: through which interface and family, and how long ago",
  async look(scene) {
    const { peer: { id, name }, listening, lastSeen, places, asked } = scene;
    const all = await heardOf(scene);
    const ways = [
      ...new Set(all.map(({ link, family }) => `${link?.interface ?? "an interface"} (IPv${family})`)),
    ];
    if (ways.length > 0) return pass(`${name} is heard through ${ways.join(", ")}, just now.`);
    const other = listening.heard.find(({ kind, announcement }) =>
      kind === "other-group" && announcement?.id === id
    );
    if (other) {
      return fault(
        `${name} is heard, but in the group ${other.announcement!.group}; this one is ${listening.group}.`,
        "Join the same group on both machines.",
        "earshot group show",
        "earshot join",
      );
    }
    const before = lastSeen === undefined
      ? ""
      : `; the last sign of it came ${agoText(Date.now() - lastSeen)}`;
    if (hadSession(await asked)) {
      const far = places.every(({ host }) => !scene.isNear(host));
      if (far && places.length > 0) return pass(`${name} is on another network, where it is not heard.`);
      return warning(
        `${name} is not heard, but a session with it works: what it sends to the group, or what is sent to it, gets lost.`,
        "Look for what filters UDP 3333, here and there; until then, name one of the two with --peer.",
        "earshot doctor",
        "earshot --peer HOST",
      );
    }
    return fault(
      `${name} is not heard${before}.`,
      "See that it runs, in the same group and network, and look there as well.",
      "earshot",
      "earshot doctor",
    );
  },
};
