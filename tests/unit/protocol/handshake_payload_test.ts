import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../lib/protocol/protocol_error.ts";
import {
  decodeHandshakePayload,
  encodeHandshakePayload,
  type HandshakePayload,
} from "../../../lib/protocol/handshake_payload.ts";

const PAYLOAD: HandshakePayload = {
  name: "pc",
  kind: "linux",
  boot: 1,
  app: "earshot",
  rx: 65535,
  window: 1024,
};

Deno.test("the handshake payload comes back, without what is not part of it", () => {
  assertEquals(decodeHandshakePayload(encodeHandshakePayload(PAYLOAD)), PAYLOAD);
  const brief = { ...PAYLOAD, brief: true };
  assertEquals(decodeHandshakePayload(encodeHandshakePayload(brief)), brief);
  const asking = { ...brief, can: "ask", answers: true };
  assertEquals(decodeHandshakePayload(encodeHandshakePayload(asking)), asking);
  const more = { ...PAYLOAD, brief: false, admin: true };
  assertEquals(decodeHandshakePayload(encodeHandshakePayload(more)), PAYLOAD);
});

Deno.test("a payload that a reader would refuse is not sent", () => {
  for (
    const change of [
      { name: "" },
      { kind: "Linux" },
      { boot: -1 },
      { app: "ä" },
      { rx: 1023 },
      { rx: 65536 },
      { window: 0 },
    ]
  ) {
    const wrong = () => encodeHandshakePayload({ ...PAYLOAD, ...change });
    assertEquals(assertThrows(wrong, ProtocolError).code, "bad-field");
  }
});

Deno.test("a payload whose name means something else than a peer is neither sent nor read", () => {
  const written = new TextDecoder().decode(encodeHandshakePayload(PAYLOAD));
  for (
    const name of ["a".repeat(24), "A".repeat(24), "all", "All", "@lab", "-x", "plain-10.0.0.1", "PLAIN-x"]
  ) {
    const forged = new TextEncoder().encode(written.replace('"pc"', JSON.stringify(name)));
    for (
      const wrong of [
        () => encodeHandshakePayload({ ...PAYLOAD, name }),
        () => decodeHandshakePayload(forged),
      ]
    ) assertEquals(assertThrows(wrong, ProtocolError).code, "bad-field", name);
  }
});
