import type { OutboundMessage } from "../storage/types.ts";

/** Fields that tell a message from another one with its id. */
export type MessageIdentity = Pick<
  OutboundMessage,
  "kind" | "name" | "stream" | "size" | "sha256" | "body"
>;

/**
 * Tells whether a message is another one than that which has its id already. A hash or a body that only one of them has is
 * not compared: then the recipient does.
 *
 * @param isNamed false if the caller gave no name: any name fits
 */
export function isAnother(before: MessageIdentity, message: MessageIdentity, isNamed: boolean): boolean {
  if (before.kind !== message.kind || before.stream !== message.stream || before.size !== message.size) {
    return true;
  }
  if (isNamed && before.name !== message.name) return true;
  if (before.sha256 !== undefined && message.sha256 !== undefined) return before.sha256 !== message.sha256;
  const { body } = message;
  return body !== undefined && (before.body?.some((byte, at) => byte !== body[at]) ?? false);
}
