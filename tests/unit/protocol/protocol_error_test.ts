import { assertEquals } from "@std/assert";
import { isFinalNak, ProtocolError } from "../../../lib/protocol/protocol_error.ts";

Deno.test("quota and busy mean later, every other refusal is final, also one of a later version", () => {
  const codes = ["not-json", "too-large", "refused", "corrupt", "on-holiday", "", "quota", "busy"];
  assertEquals(codes.filter((code) => !isFinalNak(code)), ["quota", "busy"]);
});

Deno.test("a protocol error says its name, its code and its message", () => {
  const error = new ProtocolError("too-short", "a frame is cut off");
  assertEquals([error.name, error.code, error.message], ["ProtocolError", "too-short", "a frame is cut off"]);
});
