import type { SystemInterface } from "./report.ts";

const TUNNEL_NAME = /^(tun|tap|wg|ppp|utun|tailscale|zt|nordlynx|proton|ipsec|gpd|cscotun)/i;
const TUNNEL_KINDS = ["tun", "wireguard", "ppp", "gre", "ipip", "sit", "vti", "xfrm", "ip6tnl"];
const VIRTUAL_NAME =
  /^(docker|br-[0-9a-f]{6,}|virbr|vmnet|vboxnet|veth|lxcbr|lxdbr|podman|cni|flannel|cali|dummy|vEthernet \((WSL|Default Switch)|bridge\d{3})/i;

/** Tells whether an interface is a tunnel to somewhere else, as a VPN makes. */
export function isTunnel(name: string, interfaces: readonly SystemInterface[] = []): boolean {
  const known = interfaces.find((each) => each.name === name);
  return TUNNEL_NAME.test(name) || TUNNEL_KINDS.includes(known?.kind ?? "") ||
    (known?.isPointToPoint ?? false);
}

/** Tells whether an interface ends on this machine or in a tunnel, so that no neighbour is reached through it. */
export function isVirtual(name: string, interfaces: readonly SystemInterface[] = []): boolean {
  if (isTunnel(name, interfaces)) return true;
  const known = interfaces.find((each) => each.name === name);
  if (known?.kind === "bridge") {
    const members = interfaces.filter(({ master }) => master === name);
    // A bridge with a cable in it is the machine's own way out.
    return !members.some((member) => !VIRTUAL_NAME.test(member.name) && !TUNNEL_NAME.test(member.name));
  }
  return VIRTUAL_NAME.test(name) || known?.kind === "dummy";
}
