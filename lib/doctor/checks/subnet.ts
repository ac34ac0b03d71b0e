import { type Check, DEAFENING, explained, pass, warning } from "../finding.ts";

/** Looks for peers on the same cable whose address is of another network. */
export const subnet: Check = {
  name: "subnet",
  title: "peers on the same cable with an address of another network",
  async look({ listening, realLinks, isOwn, os }, found) {
    const cause = await explained(found, ...DEAFENING);
    if (cause) return cause;
    await listening.over;
    const reached = new Set(listening.peers.map(({ id }) => id));
    // A peer may have further addresses, at which it is heard as well.
    const foreign = listening.heard.filter(({ kind, from, announcement }) =>
      kind === "other-network" && !isOwn(from.host) && !(announcement && reached.has(announcement.id))
    );
    const others = [...new Set(foreign.map(({ from }) => from.host))];
    if (others.length === 0) {
      return pass("Everybody who was heard has an address of a network of this machine.");
    }
    const own = realLinks.filter(({ family }) => family === 4).flatMap(({ addresses }) => addresses);
    return warning(
      `${others.slice(0, 8).join(", ")} can be heard, but is in none of the networks of this machine (${
        own.join(", ")
      }), so ` +
        "it is ignored.",
      "Give both machines addresses of one network, with the same netmask; a fixed address, or a second DHCP server, may be " +
        "the cause.",
      os === "windows" ? "ipconfig" : os === "darwin" ? "ifconfig" : "ip address",
    );
  },
};
