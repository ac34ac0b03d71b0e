import { type Check, explained, fault, pass, unknown, warning } from "../finding.ts";

/** Looks whether what is sent to the group comes back to this machine, on each interface and family. */
export const multicast: Check = {
  name: "multicast",
  title: "multicast that does not come back to its sender, for each interface and family",
  async look({ listening, realLinks, os }, found) {
    const cause = await explained(found, "interfaces", "virtual", "port", "firewall");
    if (cause) return cause;
    await listening.asked;
    if (listening.trouble !== undefined) return unknown("No socket could be opened for it.");
    const echoes = listening.heard.filter(({ kind }) => kind === "echo");
    const isBack = (name: string, family: number) =>
      echoes.some(({ link, from, family: of }) =>
        of === family &&
        (link?.interface === name ||
          realLinks.some((each) => each.interface === name && each.addresses.includes(from.host)))
      );
    const text = ({ interface: name, family }: { interface: string; family: number }) =>
      `${name} (IPv${family})`;
    const missing = realLinks.filter((link) => !isBack(link.interface, link.family));
    if (missing.length === 0) return pass(`It comes back on ${realLinks.map(text).join(", ")}.`);
    const advice = os === "linux"
      ? ["ip maddress", "ip route get 239.255.83.72", "sudo nft list ruleset"]
      : os === "darwin"
      ? ["netstat -g"]
      : ["Get-NetIPInterface"];
    const saw = `What is sent to the group does not come back on ${missing.map(text).join(", ")}.`;
    const fix =
      "Look whether the interface has multicast switched on, a route of its own takes the group, or a rule drops it.";
    return missing.length === realLinks.length ? fault(saw, fix, ...advice) : warning(saw, fix, ...advice);
  },
};
