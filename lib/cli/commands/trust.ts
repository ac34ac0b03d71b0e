import type { Service } from "../../control/service.ts";
import { isNodeId, type PeerRef } from "../../identity/node_id.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { foldLabel } from "../../protocol/label.ts";
import { type Command, expectArgs, jsonLine } from "../command.ts";
import { isNobody } from "../messages/find_peer.ts";
import { withPeer } from "../profile/with_peer.ts";
import { oneLine } from "../terminal/text.ts";

type Decision = "trust" | "forget" | "block";

/** `earshot trust`: from now on this name belongs to this key. */
export const trust = decision("trust", "NAME|ID", "from now on this name belongs to this peer", "Trusted");

/** `earshot forget`: as if never met. */
export const forget = decision(
  "forget",
  "NAME|ID",
  "forget what is known of a peer, a block too",
  "Forgotten",
);

/** `earshot block`: refuse everything from an id. */
export const block = decision("block", "ID", "refuse everything from a peer", "Blocked");

/** A command that decides about one peer: by name, id, or the beginning of an id. */
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
  // A name must mean who is there now, not only who bore it before; what is forgotten is who is on record.
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
