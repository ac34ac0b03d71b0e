import { assertEquals, assertThrows } from "@std/assert";
import { parseRawTarget, rawTargetText } from "../../../lib/net/raw_target.ts";
import { UserError } from "../../../lib/platform/user_error.ts";

Deno.test("an address of a raw socket is read as it is written", () => {
  for (
    const [text, host] of [
      ["tcp://localhost:2017", "localhost"],
      ["udp://10.0.0.7:3333", "10.0.0.7"],
      ["tcp://[::1]:3333", "::1"],
      ["udp://[fe80::1%eth0]:3333", "fe80::1%eth0"],
    ] as const
  ) {
    const target = parseRawTarget(text);
    assertEquals(target.host, host);
    assertEquals(rawTargetText(target), text);
  }
  assertEquals(parseRawTarget("tcp://:2017", true), { protocol: "tcp", host: "", port: 2017 });
});

Deno.test("what is no address of a raw socket is told with its form", () => {
  for (
    const text of [
      "",
      "localhost:2017",
      "http://a:1",
      "tcp://a",
      "tcp://:2017",
      "tcp://a:0",
      "tcp://a:65536",
      "tcp://::1:3333",
      "tcp://a:1/b",
      "tcp://u@a:1",
    ]
  ) {
    assertThrows(() => parseRawTarget(text), UserError, "expected tcp://HOST:PORT or udp://HOST:PORT", text);
  }
  assertThrows(() => parseRawTarget("tcp://::1:3333"), UserError, "brackets");
});
