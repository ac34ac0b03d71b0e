import type { Service } from "../../control/service.ts";
import { isNodeId, type PeerRef } from "../../identity/node_id.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { foldLabel } from "../../protocol/label.ts";
import { type Context, expectArgs, jsonLine } from "../command.ts";
import { isNobody } from "../messages/find_peer.ts";
import { withPeer } from "../profile/with_peer.ts";
import { oneLine } from "../terminal/text.ts";

/** Output of the commands about one peer. */
const DONE = { trust: "Trusted", forget: "Forgotten", block: "Blocked" } as const;

type Decision = keyof typeof DONE;

/** `earshot trust`, `forget` and `block`: decide about one peer, given by name, id, or the beginning of an id. */
export async function run(context: Context): Promise<ExitCode> {
  const { command, json } = context.config;
  const decision = command.name as Decision;
  const [target] = expectArgs(context, 1);
  const peer = await withPeer(context, (service) => decide(service, decision, target!));
  const text = `${DONE[decision]}: ${oneLine(peer.name)} (${peer.id}).`;
  context.out.line(json ? jsonLine({ id: peer.id, name: peer.name }) : text);
  return ExitCode.done;
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
