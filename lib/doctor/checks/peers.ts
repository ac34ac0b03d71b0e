import type { Address } from "../../net/types.ts";
import { addressText } from "../../peer/directory.ts";
import { type Dialled, MEANS } from "../dialling.ts";
import {
  type Check,
  DEAFENING,
  explained,
  fault,
  type Found,
  pass,
  unknown,
  type Verdict,
  warning,
} from "../finding.ts";
import type { HeardPeer } from "../listening.ts";
import type { KnownPeer, Scene } from "../scene.ts";

/** Most peers that are dialled. */
const PEERS_MAX = 16;

/** Findings that would explain why nobody is heard. */
const CAUSES = ["vpn", "multicast", "isolation", "snooping", "group", "version", "subnet"];

/** Looks whether peers that are heard, named or remembered can be dialled. */
export const peers: Check = {
  name: "peers",
  title: "peers that are heard, or named with `--peer`, but cannot be dialled",
  async look(scene, found): Promise<Verdict> {
    const { listening, dial } = scene;
    const elsewhere = dialKnown(scene);
    const cause = await explained(found, ...DEAFENING);
    if (cause && listening.peers.length === 0) return cause;
    await listening.over;
    const all = listening.peers.slice(0, PEERS_MAX);
    const results = await Promise.all(all.map(async (peer) => {
      const answers = await Promise.all(peer.addresses.map(dial));
      // A session needs one of them.
      return { peer, dialled: answers.find((answer) => answer === "open") ?? answers[0]! };
    }));
    const heard = new Set(listening.peers.flatMap(({ addresses }) => addresses.map(({ host }) => host)));
    const unheard = (await elsewhere).filter(({ peer: { address } }) => !heard.has(address.host));
    const missing = unheard.filter(({ peer: { how }, dialled }) => how === "named" && dialled !== "open");
    const bad = results.filter(({ dialled }) => dialled !== "open");
    if (bad.length > 0) {
      const taken = await explained(found, "vpn");
      if (taken) return taken;
    } else if (missing.length === 0) return await allWell(scene, found, all, unheard);
    const list = [
      ...bad.map(({ peer: { name, address }, dialled }) =>
        `${name} is heard, but TCP ${addressText(address)} ${MEANS[dialled]}`
      ),
      ...missing.map(({ peer: { name, address }, dialled }) =>
        `TCP ${addressText(address)}, named by --peer ${name}, ${MEANS[dialled]}`
      ),
    ];
    return fault(
      `${list.join("; ")}.`,
      "On that machine, see that a peer runs, let in TCP 3333 to 3349 and UDP 3333, and run this command there.",
      "earshot doctor",
    );
  },
};

/** A known peer, and how its place answered. */
interface Tried {
  readonly peer: KnownPeer;
  readonly dialled: Dialled;
}

async function dialKnown({ profile: { roster }, isOwn, listening, dial }: Scene): Promise<Tried[]> {
  await listening.asked;
  const others = roster.filter(({ address: { host } }) => !isOwn(host)).slice(0, PEERS_MAX);
  return await Promise.all(others.map(async (peer) => ({ peer, dialled: await dial(peer.address) })));
}

/** The verdict if everybody who is heard or named is reached. */
async function allWell(
  { listening: { group } }: Scene,
  found: Found,
  heard: readonly HeardPeer[],
  unheard: readonly Tried[],
): Promise<Verdict> {
  const list = (of: readonly { readonly name: string; readonly address: Address }[]) =>
    of.map(({ name, address }) => `${name} (${addressText(address)})`).join(", ");
  const reached = unheard.filter(({ dialled }) => dialled === "open").map(({ peer }) => peer);
  const also = reached.length > 0 ? ` Reached, but not heard: ${list(reached)}.` : "";
  if (heard.length > 0) return pass(`Heard and reached: ${list(heard)}.${also}`);
  for (const cause of CAUSES) {
    const { status } = await found(cause);
    if (status === "fault" || status === "warning") return unknown(`Nobody was heard; see "${cause}".`);
  }
  if (reached.some(({ how }) => how === "named")) return pass(`Nobody is heard here.${also}`);
  const saw = `Nobody on another machine was heard in the group ${group ?? "of this profile"}.`;
  if (reached.length > 0) {
    return warning(
      `${saw}${also}`,
      "They may be in another group, or UDP 3333 is filtered, there or on the way. Run this command there; until then " +
        "name them.",
      "earshot doctor",
      `earshot --peer ${addressText(reached[0]!.address)}`,
    );
  }
  return warning(
    saw,
    "Start a peer on another machine of this network, in the same group, and run this command there too.",
    "earshot",
    "earshot doctor",
  );
}
