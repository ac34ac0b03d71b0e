import { assertEquals } from "@std/assert";
import {
  cannotNowText as ofCommand,
  resultText as ofCommandResult,
} from "../../../../lib/cli/messages/results.ts";
import { cannotNowText, resultText } from "../../../../lib/gateways/web/page/outcome.js";
import { statusText } from "../../../../lib/gateways/web/page/chats.js";
import type { DeliveryResult } from "../../../../lib/peer/types.ts";

const REASONS = [{}, { code: "quota", why: "the inbox is full." }, { code: "busy" }, { why: "no route" }, {
  code: "withdrawn",
}];

Deno.test("the page says what became of a document in the words of the command line", () => {
  const to = { id: "a".repeat(24), name: "lamp" };
  for (const status of ["delivered", "queued", "refused", "unreachable", "unknown"] as const) {
    for (const reason of REASONS) {
      const result: DeliveryResult = { id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", to, status, ...reason };
      assertEquals(resultText("a.json", result), ofCommandResult("a.json", result));
      assertEquals(cannotNowText("a.json", to, reason), ofCommand("a.json", to, reason));
    }
  }
});

Deno.test("the page says of a chat that was withdrawn while it waited for its answer only that", () => {
  const to = { id: "a".repeat(24), name: "lamp" };
  const why = "it may have arrived before";
  assertEquals(statusText({ to, status: "unreachable", code: "withdrawn" }), "withdrawn");
  assertEquals(statusText({ to, status: "unknown", code: "withdrawn", why }), `withdrawn: ${why}`);
});
