/**
 * Returns the order key of a message. Messages of one sender with the same key keep their order: its chats, and the
 * documents of one stream (PROTOCOL.md 3.12). Undefined for a document that may arrive in any order.
 */
export function orderKey(
  { kind, stream }: { readonly kind: string; readonly stream?: string },
): string | undefined {
  if (kind === "chat") return "chat";
  return stream === undefined ? undefined : `stream ${stream}`;
}
