import type { Service } from "../../control/service.ts";
import type { PeerRef } from "../../peer/types.ts";
import { isNodeId } from "../../identity/node_id.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { foldLabel } from "../../protocol/label.ts";
import { isNobody } from "../messages/find_peer.ts";
import { type Command, expectArgs, jsonLine } from "../command.ts";
import { oneLine } from "../terminal/text.ts";
import { withPeer } from "../profile/with_peer.ts";

/** A command that decides about one peer: by name, id, or the beginning of an id. */
export function decision(
  name: "trust" | "forget" | "block",
  usage: string,
  summary: string,
  done: string,
): Command {
  return {
    name,
    usage,
    summary,
    options: [],
    async run(context) {
      const [target] = expectArgs(context, 1);
      const peer = await withPeer(context, (service) => decide(service, name, target!));
      const { id } = peer;
      context.out.line(
        context.config.json ? jsonLine({ id, name: peer.name }) : `${done}: ${oneLine(peer.name)} (${id}).`,
      );
      return ExitCode.done;
    },
  };
}

async function decide(
  service: Service,
  name: "trust" | "forget" | "block",
  target: string,
): Promise<PeerRef> {
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
