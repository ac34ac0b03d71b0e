import { isOnLink } from "../../net/interfaces.ts";
import type { Address } from "../../net/types.ts";
import { isThere } from "../dialling.ts";
import { type Check, explained, fault, pass, unknown, warning } from "../finding.ts";
import type { Scene } from "../scene.ts";
import { reachable } from "../system/report.ts";

/** Ports at which gateways often answer; a refusal is an answer too. */
const GATEWAY_PORTS = [53, 80, 443];
/** Most neighbours that are dialled. */
const NEIGHBOURS_MAX = 8;

/** Looks for a network that lets its members reach the gateway, but not each other. */
export const isolation: Check = {
  name: "isolation",
  title: "an access point that keeps its clients apart: the gateway answers, neighbours do not",
  async look(scene, found) {
    const cause = await explained(found, "interfaces", "virtual", "vpn");
    if (cause) return cause;
    const { listening, system: { gateways } } = scene;
    await listening.asked;
    if (listening.peers.length > 0) return pass("Another machine of this network answers.");
    const peers = peersOf(scene);
    const others = [...peersOf(scene, true), ...othersOf(scene)].slice(0, NEIGHBOURS_MAX);
    if (peers.length + others.length === 0) {
      return pass("No neighbour is known that should answer.");
    }
    const [gateway, answered] = await Promise.all([
      anyIsThere(
        scene,
        gateways.flatMap((each) => GATEWAY_PORTS.map((port) => ({ host: reachable(each), port }))),
      ),
      anyIsThere(scene, [...peers, ...others]),
    ]);
    if (answered) return pass("A neighbour answers.");
    const names = [...peers.map(({ name, host }) => `${name} at ${host}`), ...others.map(({ host }) => host)]
      .join(", ");
    if (!gateway) {
      return unknown(
        `Neither the gateway nor a neighbour answers (${names}): this machine may have no link.`,
      );
    }
    const saw = `The gateway answers, but no neighbour does that was here before (${names}).`;
    const fix =
      'Switch off "client isolation" (AP isolation, guest mode) in the settings of the access point, or connect ' +
      "both machines to a network that has none.";
    return peers.length > 0 ? fault(saw, fix) : warning(`${saw} They may be switched off.`, fix);
  },
};

/** Places of known peers on a network of ours: of those that should be here, or that may be switched off. */
function peersOf(
  { profile: { roster }, realLinks, isOwn }: Scene,
  mayBeOff = false,
): (Address & { readonly name: string })[] {
  return roster.filter(({ how, address: { host } }) =>
    (how === "remembered") === mayBeOff && !isOwn(host) &&
    realLinks.some((link) => isOnLink(link, host.replace(/%.*/, "")))
  ).map(({ name, address }) => ({ name, ...address })).slice(0, NEIGHBOURS_MAX);
}

function othersOf({ system: { neighbours }, realLinks, isOwn }: Scene): Address[] {
  return neighbours.filter(({ host, interface: name }) =>
    !isOwn(host) && realLinks.some((link) => link.interface === name)
  ).map((neighbour) => ({ host: reachable(neighbour), port: 3333 }));
}

async function anyIsThere({ dial }: Scene, places: readonly Address[]): Promise<boolean> {
  const answers = await Promise.all(places.map((place) => dial(place)));
  return answers.some(isThere);
}
