import { assert, assertFalse } from "@std/assert";
import { OrderGuard } from "../../../../lib/storage/engine/order_guard.ts";
import { aChat, aDocument, BOB } from "../support.ts";

Deno.test("after a chat that was not saved, none of that sender is until a higher turn", () => {
  const guard = new OrderGuard();
  assertFalse(guard.isBehind(aChat(1, { turn: 3 })));
  guard.refused(aChat(1, { turn: 3 }));
  assert(guard.isBehind(aChat(2, { turn: 3 })));
  assert(guard.isBehind(aChat(2, { turn: 2 })));
  assertFalse(guard.isBehind(aChat(2, { turn: 3, sender: BOB })));
  assertFalse(guard.isBehind(aDocument(2, { turn: 3 })));
  assertFalse(guard.isBehind(aDocument(2, { turn: 3, stream: "chat" })));
  assertFalse(guard.isBehind(aChat(1, { turn: 4 })));
  guard.saved(aChat(1, { turn: 4 }));
  assertFalse(guard.isBehind(aChat(2, { turn: 4 })));
});

Deno.test("a repetition of what was saved before does not end a refusal", () => {
  const guard = new OrderGuard();
  guard.refused(aDocument(1, { stream: "log", turn: 3 }));
  guard.refused(aDocument(2, { stream: "log", turn: 2 }));
  guard.saved(aDocument(3, { stream: "log", turn: 3 }));
  assert(guard.isBehind(aDocument(2, { stream: "log", turn: 3 })));
});

Deno.test("documents without a stream have no order to keep", () => {
  const guard = new OrderGuard();
  guard.refused(aDocument(1));
  assertFalse(guard.isBehind(aDocument(2)));
});

Deno.test("refusals of ever new streams do not fill the memory", () => {
  const guard = new OrderGuard();
  for (let i = 0; i < 10_000; i++) guard.refused(aDocument(i + 1, { stream: `s${i}` }));
  assertFalse(guard.isBehind(aDocument(1, { stream: "s0" })));
  assert(guard.isBehind(aDocument(1, { stream: "s9999" })));
});
