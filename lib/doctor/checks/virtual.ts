import { type Check, explained, fault, pass } from "../finding.ts";

/** Looks for an interface that leads to other machines. */
export const virtual: Check = {
  name: "virtual",
  title: "interfaces that end on this machine (containers, virtual machines) or in a tunnel",
  async look({ links, realLinks, os }, found) {
    const cause = await explained(found, "interfaces");
    if (cause) return cause;
    const names = (of: typeof links) => [...new Set(of.map((link) => link.interface))].join(", ");
    const unreal = links.filter((link) => !realLinks.includes(link));
    if (realLinks.length === 0) {
      return fault(
        `Only virtual interfaces have an address: ${names(unreal)}. They reach no machine of this network.`,
        "Connect this machine to the network that the others are on, by cable or Wi-Fi.",
        os === "linux" ? "nmcli device" : os === "darwin" ? "networksetup -listallhardwareports" : "ipconfig",
      );
    }
    return pass(`Other machines are reached through ${names(realLinks)}.`);
  },
};
