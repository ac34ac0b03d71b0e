import { type Check, fault, pass } from "../finding.ts";

/** Looks for an interface with an address, besides loopback. */
export const interfaces: Check = {
  name: "interfaces",
  title: "an interface with an address",
  look({ links, selection, system, os }) {
    if (links.length > 0) {
      const names = [...new Set(links.map((link) => link.interface))];
      const list = names.map((name) =>
        `${name} (${
          links.filter((link) => link.interface === name).flatMap(({ addresses }) => addresses).join(", ")
        })`
      );
      return pass(`In use: ${list.join(", ")}.`);
    }
    if (selection?.length) {
      return fault(
        `The interface ${
          selection.join(", ")
        } that you named (--interface, or in earshot.jsonc) cannot be used now.`,
        "Name another one, or none to use all.",
        "earshot id",
      );
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
