import { type Check, explained, fault, pass, warning } from "../finding.ts";

const FIX =
  "Switch off IGMP and MLD snooping (multicast filtering) in the switch or access point, or let it send queries.";

/** Looks for a network that carries what is for one machine, but not what is for a group. */
export const snooping: Check = {
  name: "snooping",
  title: "a network that filters multicast, though other packets get through",
  async look({ listening }, found) {
    const cause = await explained(found, "interfaces", "virtual", "port", "firewall", "multicast");
    if (cause) return cause;
    await listening.asked;
    const { peers } = listening;
    const deaf = peers.filter(({ heardGroup, sentToGroup }) => !heardGroup && !sentToGroup);
    const names = (of: typeof peers) => of.map(({ name, address }) => `${name} (${address.host})`).join(", ");
    if (deaf.length > 0) {
      return fault(
        `${names(deaf)}: answers what is sent to it alone, but nothing that is sent to the group gets there.`,
        FIX,
        "earshot --interface NAME",
      );
    }
    if (peers.length > 0 && peers.every(({ sentToGroup }) => !sentToGroup)) {
      return warning(
        `${
          names(peers)
        }: hears what is sent to the group, but what comes from there to the group does not get here.`,
        FIX,
      );
    }
    return pass(
      peers.length === 0 ? "No peer is here to try it with." : "Datagrams to the group get through.",
    );
  },
};
