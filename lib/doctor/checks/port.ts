import { TcpNet } from "../../net/tcp.ts";
import { GROUPS } from "../../net/shared_binds.ts";
import { UdpSocket } from "../../net/udp_socket.ts";
import { type Check, fault, pass, unknown, warning } from "../finding.ts";
import type { Scene } from "../scene.ts";
import type { PortHolder } from "../system/report.ts";

/** UDP port of Earshot. */
const UDP_PORT = 3333;
/** How often a port that nobody seems to have is tried, and the pause between, milliseconds. */
const TRIES = 4;
const PAUSE_MS = 250;
/** Number of TCP ports that a peer tries. */
const TCP_TRIES = 17;

/** Looks whether a peer can open its ports. */
export const port: Check = {
  name: "port",
  title: "UDP port 3333, and TCP port 3333 or one of the 16 after it",
  async look(scene) {
    const { profile: { running, port }, system } = scene;
    const udp = await udpTrouble(scene);
    if (udp === "in-use") {
      const holder = holderOf(system.holders, "udp", UDP_PORT);
      return fault(
        `UDP port ${UDP_PORT} belongs to ${
          textOf(holder)
        }, which shares it with nobody: announcements of other peers ` +
          "are not heard.",
        "End that program, or give it another port.",
        ...endCommands(scene, holder, "udp"),
      );
    }
    if (udp !== undefined) return unknown(`UDP port ${UDP_PORT} cannot be opened: ${udp}.`);
    if (running) {
      return pass(`Your running peer (process ${running.pid}) has TCP ${running.port} and UDP ${UDP_PORT}.`);
    }
    const last = Math.min(port + TCP_TRIES - 1, 65_535);
    let free = await firstFree(port, last);
    // Whoever took it since the system was asked may only be trying it, as this does.
    for (let i = 1; i < TRIES && free !== port && !holderOf(system.holders, "tcp", port); i++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      free = await firstFree(port, last);
    }
    if (free === port) return pass(`UDP ${UDP_PORT} and TCP ${port} are free.`);
    const holder = holderOf(system.holders, "tcp", port);
    if (free === undefined) {
      return fault(
        `TCP ports ${port} to ${last} all belong to other programs, the first to ${textOf(holder)}.`,
        "End one of them, or name another port with --port.",
        "earshot --port 4333",
      );
    }
    // A peer of another profile or user is how the ports are meant to be shared.
    if (/^(deno|earshot)/.test(holder?.program ?? "")) {
      return pass(
        `UDP ${UDP_PORT} can be shared. TCP ${port} belongs to ${textOf(holder)}; ${free} is free.`,
      );
    }
    return warning(
      `TCP port ${port} belongs to ${
        textOf(holder)
      }. Your peer will take ${free}, but programs that expect it at ` +
        `${port}, and the plain gateway, will not find it.`,
      "End that program if you need the port.",
      ...endCommands(scene, holder, "tcp"),
    );
  },
};

/** Returns undefined if a peer can open the port, `in-use`, or what the system says. */
async function udpTrouble({ links }: Scene): Promise<string | undefined> {
  const hosts = links.some(({ family }) => family === 4)
    ? [Deno.build.os === "windows" ? "0.0.0.0" : GROUPS[4]]
    : links.slice(0, 1).map(({ zone }) => Deno.build.os === "windows" ? "::" : `${GROUPS[6]}%${zone}`);
  for (const host of hosts) {
    try {
      const socket = await UdpSocket.open({
        family: host.includes(":") ? 6 : 4,
        host,
        port: UDP_PORT,
        received: () => {},
        failed: () => {},
      });
      await socket.close();
    } catch (error) {
      return (error as { code?: string }).code === "EADDRINUSE" ? "in-use" : (error as Error).message;
    }
  }
  return undefined;
}

async function firstFree(first: number, last: number): Promise<number | undefined> {
  const net = new TcpNet();
  for (let port = first; port <= last; port++) {
    try {
      (await net.listen([port], (connection) => connection.close())).close();
      return port;
    } catch { /* the next one */ }
  }
  return undefined;
}

function holderOf(
  holders: readonly PortHolder[],
  protocol: PortHolder["protocol"],
  port: number,
): PortHolder | undefined {
  const all = holders.filter((holder) => holder.protocol === protocol && holder.port === port);
  // Peers share the port, so whoever does not is the one to name.
  return all.find(({ program }) => program !== undefined && !/^(deno|earshot)/.test(program)) ?? all[0];
}

function textOf(holder: PortHolder | undefined): string {
  return holder?.program === undefined ? "another program" : `${holder.program} (process ${holder.pid})`;
}

function endCommands({ os }: Scene, holder: PortHolder | undefined, protocol: "udp" | "tcp"): string[] {
  if (holder?.pid !== undefined) return [`kill ${holder.pid}`];
  return [
    os === "windows"
      ? `netstat -ano -p ${protocol.toUpperCase()} | findstr :3333`
      : os === "darwin"
      ? `sudo lsof -nP -i${protocol.toUpperCase()}:3333`
      : `sudo ss -lnp${protocol[0]} 'sport = :3333'`,
  ];
}
