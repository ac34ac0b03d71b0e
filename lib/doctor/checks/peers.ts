import type { Dialled } from "../dialling.ts";
import {
  type Check,
  DEAFENING,
  explained,
  fault,
  type Found,
  pass,
  unknown,
  type Verdict,
  warning,
} from "../finding.ts";

/** Most peers that are dialled. */
const PEERS_MAX = 16;

/** What would explain that nobody is heard. */
const CAUSES = ["vpn", "multicast", "isolation", "snooping", "group", "version", "subnet"];

const MEANS: Record<Dialled, string> = {
  open: "answers",
  refused: "refuses connections",
  silent: "does not answer",
  "no-route": "is not reached",
  forbidden: "is kept from us by a firewall on this machine",
};

/** Looks whether peers that are heard can be dialled. */
export const peers: Check = {
  name: "peers",
  title: "peers that are heard, but cannot be dialled",
  async look({ listening, dial }, found): Promise<Verdict> {
    const cause = await explained(found, ...DEAFENING);
    if (cause && listening.peers.length === 0) return cause;
    await listening.over;
    const all = listening.peers.slice(0, PEERS_MAX);
    if (all.length === 0) return await nobody(found, listening.group);
    const results = await Promise.all(all.map(async (peer) => {
      const answers = await Promise.all(peer.addresses.map(dial));
      // A session needs one of them.
      return { peer, dialled: answers.find((answer) => answer === "open") ?? answers[0]! };
    }));
    const bad = results.filter(({ dialled }) => dialled !== "open");
    const place = ({ host, port }: { host: string; port: number }) =>
      host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    if (bad.length === 0) {
      return pass(
        `Heard and reached: ${all.map(({ name, address }) => `${name} (${place(address)})`).join(", ")}.`,
      );
    }
    const taken = await explained(found, "vpn");
    if (taken) return taken;
    const list = bad.map(({ peer: { name, address }, dialled }) =>
      `${name} is heard, but TCP ${place(address)} ${MEANS[dialled]}`
    );
    return fault(
      `${list.join("; ")}.`,
      "On that machine, let in TCP 3333 to 3349 and UDP 3333, and run this command there.",
      "earshot doctor",
    );
  },
};

async function nobody(found: Found, group: string | undefined): Promise<Verdict> {
  for (const cause of CAUSES) {
    const { status } = await found(cause);
    if (status === "fault" || status === "warning") return unknown(`Nobody was heard; see "${cause}".`);
  }
  return warning(
    `Nobody else in the group ${group ?? "of this profile"} was heard.`,
    "Start a peer on another machine of this network, in the same group, and run this command there too.",
    "earshot",
    "earshot doctor",
  );
}
