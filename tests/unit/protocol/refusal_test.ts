import { assertEquals } from "@std/assert";
import { isFinalNak } from "../../../lib/protocol/refusal.ts";

Deno.test("quota and busy mean later, every other refusal is final, also one of a later version", () => {
  const codes = ["not-json", "too-large", "refused", "corrupt", "on-holiday", "", "quota", "busy"];
  assertEquals(codes.filter((code) => !isFinalNak(code)), ["quota", "busy"]);
});
