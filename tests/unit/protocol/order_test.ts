import { assertEquals, assertNotEquals } from "@std/assert";
import { orderKey } from "../../../lib/protocol/order.ts";

Deno.test("chats keep their order, and so do the documents of one stream", () => {
  assertEquals(orderKey({ kind: "chat" }), orderKey({ kind: "chat" }));
  assertEquals(
    orderKey({ kind: "document", stream: "kitchen" }),
    orderKey({ kind: "document", stream: "kitchen" }),
  );
});

Deno.test("a stream waits for no other stream and no chat, whatever its name", () => {
  assertNotEquals(
    orderKey({ kind: "document", stream: "kitchen" }),
    orderKey({ kind: "document", stream: "cellar" }),
  );
  assertNotEquals(orderKey({ kind: "document", stream: "chat" }), orderKey({ kind: "chat" }));
});

Deno.test("a document of no stream may be taken in any order", () => {
  assertEquals(orderKey({ kind: "document" }), undefined);
});
