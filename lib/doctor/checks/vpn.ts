import { type Check, fault, pass, unknown, warning } from "../finding.ts";
import { isTunnel } from "../system/kinds.ts";

/** Looks for a tunnel that takes what is meant for neighbours. */
export const vpn: Check = {
  name: "vpn",
  title: "a VPN that takes the way out, or what is for this network",
  look({ system, links, realLinks, os }) {
    const { interfaces, outward, inward } = system;
    if (os !== "linux" || interfaces === undefined) {
      const tunnels = links.filter((link) => isTunnel(link.interface)).map((link) => link.interface);
      const route = os === "darwin" ? "route -n get default" : os === "windows" ? "route print" : "ip route";
      return unknown(
        tunnels.length > 0
          ? `Tunnels: ${[...new Set(tunnels)].join(", ")}. What goes through them cannot be seen from here.`
          : "The routes of this system cannot be seen from here.",
        "Look whether the default route leads into a VPN; if so, allow local networks in its settings.",
        route,
      );
    }
    for (const { interface: name } of realLinks) {
      const through = inward.get(name);
      if (through === undefined || through === name || !isTunnel(through, interfaces)) continue;
      return fault(
        `What is for the network of ${name} goes into the tunnel ${through}.`,
        `Allow local networks in the settings of the VPN, or switch it off while you use Earshot.`,
        `sudo ip link set ${through} down`,
      );
    }
    if (outward !== undefined && isTunnel(outward, interfaces) && realLinks.length > 0) {
      return warning(
        `The default route leads into the tunnel ${outward}. This network is still reached directly, but many VPNs ` +
          "block it with rules of their own.",
        "If peers are missing, allow local networks in the settings of the VPN, or switch it off.",
        `sudo ip link set ${outward} down`,
      );
    }
    return pass(
      outward === undefined
        ? "There is no default route; Earshot needs none."
        : `No tunnel has the default route (${outward}).`,
    );
  },
};
