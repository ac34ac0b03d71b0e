import { type Check, fault, pass } from "../finding.ts";

/** Looks for an interface with an address, besides loopback. */
export const interfaces: Check = {
  name: "interfaces",
  title: "an interface with an address",
  look({ links, system, os }) {
    const usable = links.filter((link) => !link.loopback || links.every((each) => each.loopback));
    const names = [...new Set(usable.map((link) => link.interface))];
    if (links.some((link) => !link.loopback)) {
      const list = names.map((name) =>
        `${name} (${
          usable.filter((link) => link.interface === name).flatMap(({ addresses }) => addresses).join(", ")
        })`
      );
      return pass(`In use: ${list.join(", ")}.`);
    }
    const idle = (system.interfaces ?? []).filter(({ name, kind }) => name !== "lo" && kind !== "sit");
    const off = idle.find(({ isUp, kind }) => !isUp && kind === undefined) ?? idle.find(({ isUp }) => !isUp);
    const bare = idle.find(({ isUp, hasCarrier }) => isUp && !hasCarrier);
    if (off && idle.every(({ isUp }) => !isUp)) {
      return fault(
        `No interface but loopback can be used; ${off.name} is switched off.`,
        "Switch it on, or connect to a network.",
        `sudo ip link set ${off.name} up`,
      );
    }
    if (bare) {
      return fault(
        `No interface but loopback can be used; ${bare.name} has no link.`,
        "Plug the cable in, or connect to the Wi-Fi.",
        "nmcli device",
      );
    }
    return fault(
      "No interface but loopback has an address.",
      "Connect this machine to a network, and look whether it gets an address there.",
      os === "windows" ? "ipconfig" : os === "darwin" ? "ifconfig" : "ip address",
    );
  },
};
