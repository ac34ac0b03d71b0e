import type { Incoming, IncomingDocument } from "../../lib/storage/types.ts";

/** Number of a message, as its id has it. */
export function numberOf({ id }: Incoming): number {
  return parseInt(id, 32);
}

/** What arrives before the store stops at a step, and what arrives then: documents, lines of a stream, chat. */
export function arrivals(count: number): { early: Incoming[]; late: Incoming[] } {
  const all = Array.from({ length: 2 * count }, (_, i): Incoming => {
    const seq = i + 1;
    const common = {
      sender: "abcdefghijklmnopqrstuvwx",
      senderName: "sender",
      turn: 0,
      id: seq.toString(32).toUpperCase().padStart(26, "0"),
    };
    if (seq % 10 === 0) return { kind: "chat", ...common, to: "all", text: `hello ${seq}` };
    const body = new TextEncoder().encode(JSON.stringify({ seq, text: "x".repeat(seq * 37 % 3000) }));
    return {
      kind: "document",
      ...common,
      name: `${seq}.json`,
      stream: seq % 3 === 0 ? "log" : undefined,
      body,
    };
  });
  return { early: all.slice(0, count), late: all.slice(count) };
}

/** What the inbox holds where exactly these were saved: texts of documents, and of all lines in their order. */
export function expected(items: readonly Incoming[]): { documents: string[]; lines: string } {
  const documents = items.filter((item): item is IncomingDocument => item.kind === "document");
  const text = ({ body }: IncomingDocument) => new TextDecoder().decode(body);
  return {
    documents: documents.filter(({ stream }) => stream === undefined).map(text),
    lines: documents.filter(({ stream }) => stream !== undefined).map((item) => text(item) + "\n").join(""),
  };
}
