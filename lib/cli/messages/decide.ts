import type { Service } from "../../control/service.ts";
import { findNamed } from "../../identity/naming.ts";
import { isNodeId, type PeerRef } from "../../identity/node_id.ts";
import { foldLabel } from "../../protocol/label.ts";
import { isNobody, type Remembered } from "./find_peer.ts";

/** Decision about one peer. */
export type Decision = "trust" | "forget" | "block";

/**
 * Decides about one peer, given by name, id, or the beginning of an id. Whoever is to be forgotten or blocked need not
 * be there: a sender may show itself only for moments.
 *
 * @param remembered lists the peers in the history
 * @throws {UserError} no such peer (exit 3); two fit (2)
 */
export async function decide(
  service: Service,
  decision: Decision,
  target: string,
  remembered: Remembered,
): Promise<PeerRef> {
  const { brief } = await service.status();
  const act = (peer: string, name?: string) =>
    decision === "block" ? service.block(peer, name) : service[decision](peer);
  const past = async () => findNamed(target, [], await remembered());
  const id = foldLabel(target);
  const isOnRecord = isNodeId(id) && (await service.known()).some((peer) => peer.id === id);
  // For trust and block a name means a peer that is up now, not only one on record; forget means the one on record.
  if (brief && decision !== "forget" && !isOnRecord) await service.everyone();
  if (decision === "block" && isNodeId(id)) return await act(id, (await past())?.name);
  let nobody: unknown;
  const tried = () =>
    act(target).catch((error) => {
      if (decision === "trust" || !isNobody(error)) throw error;
      nobody = error;
    });
  const here = await tried() ??
    (brief && decision === "forget" ? await service.everyone().then(tried) : undefined);
  if (here) return here;
  const peer = await past();
  if (!peer) throw nobody;
  return await act(peer.id, peer.name);
}
