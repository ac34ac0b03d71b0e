import { assertEquals } from "@std/assert";
import type { Operation } from "../../../../lib/storage/engine/operations.ts";
import {
  packOperations,
  packResults,
  unpackOperations,
  unpackResults,
} from "../../../../lib/storage/engine/packed_batch.ts";
import type { IncomingDocument } from "../../../../lib/storage/types.ts";

function aDocument(id: string, more: Partial<IncomingDocument> = {}): Operation {
  const body = new TextEncoder().encode(`"${id}"`);
  const item = { kind: "document", sender: "s", senderName: "n", id, turn: 7, name: "a.json", body } as const;
  return { name: "receive", args: [{ ...item, ...more }] };
}

/** Drops members that are undefined: the worker treats them as missing. */
function plain(operations: readonly Operation[]): unknown {
  const known = (value: object) =>
    Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
  return operations.map(({ name, args: [first, ...rest] }) => {
    return { name, args: [typeof first === "object" ? known(first) : first, ...rest] };
  });
}

Deno.test("operations come out of a pack as they went in, in their order, documents with all their members", () => {
  const from = { known: false, address: "10.0.0.9" };
  const operations: Operation[] = [
    aDocument("a", { from, at: 5, stream: "log" }),
    { name: "reply", args: ["s", "question"] },
    aDocument("b", { from: { known: true, address: undefined }, ask: true }),
    {
      name: "receive",
      args: [{ kind: "chat", sender: "s", senderName: "n", id: "c", turn: 8, to: "you", text: "hi" }],
    },
    aDocument("d", { re: "question", code: "failed", body: new Uint8Array() }),
    aDocument("e", { sender: "t" }),
    {
      name: "receive",
      args: [{
        kind: "chat",
        sender: "t",
        senderName: "m",
        from,
        id: "f",
        at: 6,
        turn: 9,
        to: "all",
        text: "",
      }],
    },
  ];
  assertEquals(plain(unpackOperations(structuredClone(packOperations(operations)))), plain(operations));
});

Deno.test("results come out of a pack in their order, whatever became of the operations", () => {
  const results = [
    [0, { value: { saved: true, duplicate: false, name: "a.json", path: "/in/a.json" } }],
    [2, { value: { saved: true, duplicate: true } }],
    [3, { value: { saved: false, code: "busy", why: "it waits" } }],
    [4, { error: "no", environment: true }],
    [5, { value: undefined }],
    [6, { value: { saved: true, duplicate: false, name: undefined, path: undefined } }],
  ] as const;
  assertEquals([...unpackResults(structuredClone(packResults(results)))], [...results]);
});
