import type { Service } from "../../control/service.ts";
import type { WaitingMessages } from "../../storage/history/history.ts";
import { type Context, remark } from "../command.ts";
import { openHistory } from "../profile/open_history.ts";
import { oneLine } from "../terminal/text.ts";

/** Which of the messages that wait a command does not tell of: those to others, and those that it was about. */
export interface WaitingAbout {
  /** Ids of recipients; everybody unless told. */
  readonly recipients?: readonly string[];
  /** Ids of messages. */
  readonly except?: readonly string[];
}

/** Tells what waits in the outbox: somebody who finds a recipient there may think that everything has arrived. */
export async function tellWaiting(
  context: Context,
  service: Service,
  { recipients, except = [] }: WaitingAbout = {},
): Promise<void> {
  using history = await openHistory(context, context.config.inbox);
  const waiting = history?.waiting(except) ?? [];
  const meant = waiting.filter(({ peer }) => recipients === undefined || recipients.includes(peer.id));
  if (meant.length === 0) return;
  const { brief } = await service.status();
  for (const each of meant) {
    const them = each.documents + each.chats === 1 ? "it" : "them";
    remark(context, `${waitingText(each)}${brief ? `; \`earshot run\` delivers ${them}` : ""}.`);
  }
}

/** `2 documents and 1 message wait for kitchen` */
export function waitingText({ peer, documents, chats }: WaitingMessages): string {
  const parts = [counted(documents, "document"), counted(chats, "message")].filter((part) => part !== "");
  return `${parts.join(" and ")} ${documents + chats === 1 ? "waits" : "wait"} for ${oneLine(peer.name)}`;
}

function counted(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
