import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Context } from "../../../lib/cli/command.ts";
import { Output } from "../../../lib/cli/output.ts";
import { sayLines } from "../../../lib/cli/piped_chat.ts";
import { FakeService } from "../control/fake_service.ts";

/** Says what comes in these chunks; gives what was said, and what the user was told. */
async function say(chunks: (string | Uint8Array)[]): Promise<{ said: unknown[]; told: string }> {
  const service = new FakeService();
  let told = "";
  const err = new Output({
    isTerminal: () => false,
    write: (data) => {
      told += new TextDecoder().decode(data);
      return Promise.resolve(data.length);
    },
  });
  const bytes = chunks.map((chunk) => typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
  await sayLines({ err, config: {} } as unknown as Context, service, ReadableStream.from(bytes));
  await err.flush();
  return { said: service.calls.filter(([call]) => call === "say").map(([, text]) => text), told };
}

Deno.test("each line of standard input is said, however it is cut into chunks", async () => {
  const bytes = new TextEncoder().encode("one\r\n\n  \ntwo ü\nthree");
  assertEquals((await say([bytes])).said, ["one", "two ü", "three"]);
  assertEquals((await say([...bytes].map((byte) => Uint8Array.of(byte)))).said, ["one", "two ü", "three"]);
});

Deno.test("an endless line costs bounded memory, is not said, and the next one is", async () => {
  const { said, told } = await say([...Array.from({ length: 100 }, () => "x".repeat(10_000)), "\nnext\n"]);
  assertEquals(said, ["next"]);
  assertStringIncludes(told, "A line over 16384 bytes was not said.");
});
