import { SilentPeerError } from "../../control/client.ts";
import type { Service } from "../../control/service.ts";
import type { DeliveryResult } from "../../peer/types.ts";
import { type Context, remark } from "../command.ts";
import { openHistory } from "../profile/open_history.ts";
import { oneLine } from "../terminal/text.ts";

/**
 * Returns whom something waits for in the outbox; undefined if a peer of another version cannot tell. Never rejects: one
 * that has stopped is not waited for again.
 */
export function whoWaits(service: Service): Promise<readonly string[] | undefined> {
  return service.outboxRecipients().catch((error) => error instanceof SilentPeerError ? [] : undefined);
}

/**
 * Tells the user which messages wait in the outbox: a recipient that is up may not have received everything yet.
 *
 * @param results of a command that sent something; then only other messages to the same recipients count
 * @param waiting asked for by a command before it sent anything: then nobody waits for the answer
 */
export async function tellWaiting(
  context: Context,
  service: Service,
  results?: readonly DeliveryResult[],
  waiting = whoWaits(service),
): Promise<void> {
  const isMeant = (id: string) => results === undefined || results.some(({ to }) => to.id === id);
  // Hardly ever does one wait, and to read the history takes longer than to ask.
  const recipients = await waiting;
  if (recipients && !recipients.some(isMeant)) return;
  using history = await openHistory(context, context.config.inbox);
  const all = history?.waiting(results?.map(({ id }) => id) ?? []) ?? [];
  const others = all.filter(({ peer }) => isMeant(peer.id));
  if (others.length === 0) return;
  const { brief } = await service.status();
  for (const { peer, documents, chats } of others) {
    const what = [counted(documents, "document"), counted(chats, "message")].filter((part) => part !== "");
    const [wait, them] = documents + chats === 1 ? ["waits", "it"] : ["wait", "them"];
    const todo = brief ? `; \`earshot run\` delivers ${them}` : "";
    remark(context, `${what.join(" and ")} ${wait} for ${oneLine(peer.name)}${todo}.`);
  }
}

function counted(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
