/**
 * Messages of one sender with the same key keep their order: its chats, and the documents of one stream (PROTOCOL.md
 * 3.12). Undefined for a document that may be taken in any order.
 */
export function orderKey(
  { kind, stream }: { readonly kind: string; readonly stream?: string },
): string | undefined {
  if (kind === "chat") return "chat";
  return stream === undefined ? undefined : `stream ${stream}`;
}
