import type { Delivery } from "../delivery/delivery.ts";
import { UserError } from "../platform/user_error.ts";
import type { Storage } from "../storage/storage.ts";
import { WITHDRAWN } from "../storage/types.ts";
import type { PeerDirectory } from "./directory.ts";
import type { WaitingReason, Withdrawal } from "./types.ts";

/** Dependencies of the functions for what waits. */
interface Parts {
  readonly delivery: Pick<Delivery, "outbound" | "waitsFor" | "recorded">;
  readonly directory: Pick<PeerDirectory, "ref" | "whyNot">;
  readonly storage: Pick<Storage, "sentEnd">;
}

/** See `Peer.withdraw`. */
export async function withdraw(parts: Parts, id: string, to?: readonly string[]): Promise<Withdrawal[]> {
  const recipients = to ?? await parts.delivery.waitsFor(id);
  const results: Withdrawal[] = [];
  for (const recipient of new Set(recipients)) {
    const result = await withdrawFrom(parts, id, recipient);
    if (result) results.push(result);
  }
  return results;
}

/** Returns undefined if there is no such message to this recipient. */
async function withdrawFrom(
  { delivery, directory, storage }: Parts,
  id: string,
  recipient: string,
): Promise<Withdrawal | undefined> {
  const to = directory.ref(recipient);
  const outbound = await delivery.outbound(recipient);
  const given = await outbound.giveUp(id);
  if (given.status === "kept") return { id, to, status: "kept", why: given.why };
  // One that was never in the store is recorded beside others, half a second later at most.
  await delivery.recorded();
  const end = await storage.sentEnd(recipient, id);
  // If an end could not be written, the store has the message still.
  if ((await delivery.waitsFor(id)).includes(recipient)) {
    throw new UserError(
      `${id} is not sent any more, but that cannot be recorded: it would be sent again after a crash. Free some space, ` +
        "or look at the disk, and withdraw it again.",
    );
  }
  if (given.status === "withdrawn") return { id, to, status: "withdrawn", why: given.why };
  const isWithdrawn = end?.status === "expired" && end.code === WITHDRAWN;
  if (end) return { id, to, status: isWithdrawn ? "withdrawn" : end.status, why: end.why };
}

/** See `Peer.whyWaiting`. */
export function whyWaiting(
  { delivery, directory }: Parts,
  messages: readonly { readonly id: string; readonly to: string }[],
): Promise<WaitingReason[]> {
  return Promise.all(messages.map(async ({ id, to }) => {
    const outbound = await delivery.outbound(to);
    return outbound.refusalOf(id) ??
      (outbound.isConnected ? { why: "it is under way" } : { why: directory.whyNot(to).why });
  }));
}
