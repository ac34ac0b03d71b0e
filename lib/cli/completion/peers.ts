import type { PeerRef } from "../../peer/types.ts";
import type { Context } from "../command.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { peersOfRunning } from "../profile/with_peer.ts";

/** Lists the peers that the running peer hears, and those of the history. Neither is waited for. */
export async function completedPeers(context: Context): Promise<PeerRef[]> {
  const present = await peersOfRunning(context.config.state).catch(() => undefined) ?? [];
  const past = await rememberedPeers(context).catch(() => []);
  return [...present, ...past.filter(({ id }) => !present.some((peer) => peer.id === id))];
}
