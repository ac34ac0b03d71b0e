import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Context } from "../../../../lib/cli/command.ts";
import { sayLines } from "../../../../lib/cli/chat/say_lines.ts";
import { FakeService } from "../../control/fake_service.ts";
import { Printed } from "../printed.ts";

/** Says what comes in these chunks; gives what was said, and what the user was told. */
async function say(
  chunks: (string | Uint8Array)[],
  isTyped = false,
): Promise<{ said: unknown[]; told: string }> {
  const service = new FakeService();
  const err = new Printed();
  const bytes = chunks.map((chunk) => typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
  const context = { err: err.output, config: {} } as unknown as Context;
  await sayLines(context, service, ReadableStream.from(bytes), isTyped);
  return {
    said: service.calls.filter(([call]) => call === "say").map(([, text]) => text),
    told: await err.text(),
  };
}

Deno.test("each line of standard input is said, however it is cut into chunks", async () => {
  const bytes = new TextEncoder().encode("one\r\n\n  \ntwo ü\nthree");
  assertEquals((await say([bytes])).said, ["one", "two ü", "three"]);
  assertEquals((await say([...bytes].map((byte) => Uint8Array.of(byte)))).said, ["one", "two ü", "three"]);
});

Deno.test("an endless line costs bounded memory, is not said, and the next one is", async () => {
  const { said, told } = await say([...Array.from({ length: 100 }, () => "x".repeat(10_000)), "\nnext\n"]);
  assertEquals(said, ["next"]);
  assertStringIncludes(told, "A line over 16384 bytes was not sent.");
});

Deno.test("a line in another encoding is not said but told, and text in units of two bytes altogether", async () => {
  const latin1 = Uint8Array.from("gr\xfcn\nnext\n", (character) => character.charCodeAt(0));
  const one = await say([latin1]);
  assertEquals(one.said, ["next"]);
  assertStringIncludes(one.told, 'A line was not sent: it is not UTF-8: byte 0xFC is "ü" in Windows-1252; ');
  const utf16 = Uint16Array.from("\ufeffone\r\ntwo\r\n", (character) => character.charCodeAt(0));
  const other = await say([new Uint8Array(utf16.buffer)]);
  assertEquals(other.said, []);
  assertEquals(other.told.match(/is UTF-16, /g)?.length, 1);
  assertEquals((await say(["\ufeffone\ntwo"])).said, ["one", "two"]);
});

Deno.test("of what a person types no command of the chat is said to everyone, and /quit ends it", async () => {
  const { said, told } = await say(["one\n/msg bob secret\n /mgs bob secret\n//two\n/quit\nthree\n"], true);
  assertEquals(said, ["one", "/two"]);
  assertStringIncludes(told, "/msg needs a terminal for the output, and no --json. Nothing was sent.");
  assertStringIncludes(told, "unknown command /mgs (did you mean /msg?)");
  assertEquals(
    (await say(["/msg bob hi\n/quit\n"])).said,
    ["/msg bob hi", "/quit"],
    "a program's lines are its own",
  );
});
