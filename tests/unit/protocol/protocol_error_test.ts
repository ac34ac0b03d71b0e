import { assertEquals } from "@std/assert";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";

Deno.test("a protocol error says its name, its code and its message", () => {
  const error = new ProtocolError("too-short", "a frame is cut off");
  assertEquals([error.name, error.code, error.message], ["ProtocolError", "too-short", "a frame is cut off"]);
});
