import type { Service } from "../../control/service.ts";
import { isNodeId, type PeerRef } from "../../identity/node_id.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { foldLabel } from "../../protocol/label.ts";
import { type Command, expectArgs, jsonLine } from "../command.ts";
import { isNobody } from "../messages/find_peer.ts";
import { withPeer } from "../profile/with_peer.ts";
import { oneLine } from "../terminal/text.ts";

type Decision = "trust" | "forget" | "block";

/** `earshot trust`: binds a name to a key. */
export const trust = decision("trust", "NAME|ID", "from now on this name belongs to this peer", "Trusted");

/** `earshot forget`: removes the record of a peer. */
export const forget = decision(
  "forget",
  "NAME|ID",
  "forget what is known of a peer, a block too",
  "Forgotten",
);

/** `earshot block`: refuses everything from an id. */
export const block = decision("block", "ID", "refuse everything from a peer", "Blocked");

/** Makes a command that decides about one peer, given by name, id, or the beginning of an id. */
function decision(name: Decision, usage: string, summary: string, done: string): Command {
  return {
    name,
    usage,
    summary,
    options: [],
    async run(context) {
      const [target] = expectArgs(context, 1);
      const peer = await withPeer(context, (service) => decide(service, name, target!));
      const text = `${done}: ${oneLine(peer.name)} (${peer.id}).`;
      context.out.line(context.config.json ? jsonLine({ id: peer.id, name: peer.name }) : text);
      return ExitCode.done;
    },
  };
}

async function decide(service: Service, name: Decision, target: string): Promise<PeerRef> {
  const fresh = (await service.status()).brief;
  // For trust and block a name means a peer that is up now, not only one on record; forget means the one on record.
  if (fresh && (name === "trust" || (name === "block" && !isNodeId(foldLabel(target))))) {
    await service.everyone();
  }
  try {
    return await service[name](target);
  } catch (error) {
    if (!fresh || name === "trust" || !isNobody(error)) throw error;
    await service.everyone();
    return await service[name](target);
  }
}
