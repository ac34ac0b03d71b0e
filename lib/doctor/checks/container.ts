import { existsSync } from "../../platform/std_fs.ts";
import { type Check, pass, unknown, warning } from "../finding.ts";
import { isWithin } from "../system/addresses.ts";
import { isWsl } from "../system/report.ts";

/** Networks that docker and podman give to containers of their own. */
const NETWORKS = [
  "172.17.0.0/16",
  "172.18.0.0/15",
  "172.20.0.0/14",
  "172.24.0.0/13",
  "10.88.0.0/16",
  "10.0.2.0/24",
];

/** Looks for a container or WSL whose network is not that of the machine. */
export const container: Check = {
  name: "container",
  title: "a container, or WSL, with a network of its own",
  systems: ["linux"],
  look({ system: { kernel, wslNetworking }, realLinks }) {
    if (isWsl(kernel)) {
      if (wslNetworking === "mirrored") return pass("WSL with mirrored networking.");
      const fix =
        "Set networkingMode=mirrored under [wsl2] in the file .wslconfig of your Windows home, then restart WSL; " +
        "or run Earshot in Windows.";
      if (wslNetworking === undefined) {
        return unknown("This is WSL; how it is connected cannot be seen from here.", fix);
      }
      return warning(
        `This is WSL with the network mode "${wslNetworking}": other machines are not heard.`,
        fix,
        "wsl --shutdown",
      );
    }
    const runtime = runtimeOf();
    if (runtime === undefined) return pass("This is no container that is known.");
    const addresses = realLinks.filter(({ family }) => family === 4).flatMap((link) => link.addresses);
    if (
      addresses.length === 0 ||
      !addresses.every((host) => NETWORKS.some((network) => isWithin(host, network)))
    ) {
      return pass(`This is a container (${runtime}) on a network with others.`);
    }
    return warning(
      `This is a container (${runtime}) with a network of its own (${
        addresses.join(", ")
      }): only containers of this machine are heard.`,
      "Start it with the network of the machine.",
      `${runtime === "podman" ? "podman" : "docker"} run --network host …`,
    );
  },
};

function runtimeOf(): string | undefined {
  const told = Deno.env.get("container");
  if (told) return told.slice(0, 32);
  if (existsSync("/run/.containerenv")) return "podman";
  return existsSync("/.dockerenv") ? "docker" : undefined;
}
