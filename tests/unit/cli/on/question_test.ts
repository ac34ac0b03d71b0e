import { assertEquals } from "@std/assert";
import { PrintedAnswer } from "../../../../lib/cli/on/question.ts";

const DONE = { status: "done" } as const;

function after(...pieces: (string | undefined)[]) {
  const printed = new PrintedAnswer();
  for (const piece of pieces) printed.take(piece === undefined ? undefined : new TextEncoder().encode(piece));
  return printed.after(DONE);
}

Deno.test("what is printed in the last try is the answer, without blanks around it, and nothing is null", () => {
  assertEquals(after(undefined, '{"a', '": 1}\n'), { text: '{"a": 1}' });
  assertEquals(after(undefined, "[1", undefined, " 2\n"), { text: "2" });
  assertEquals(after(undefined, " \n"), { text: "null" });
  assertEquals(after(undefined, `"${"x".repeat(64_998)}"`), { text: `"${"x".repeat(64_998)}"` });
});

Deno.test("what is no JSON, or too long, is a failed answer with the reason", () => {
  assertEquals(after("ok"), { code: "failed", why: "the program printed no JSON" });
  const long = { code: "failed", why: "the program printed more than the 65000 bytes of an answer" } as const;
  assertEquals(after("x".repeat(65_001)), long);
  assertEquals(after(...Array<string>(100).fill("1".repeat(65_000))), long);
  const printed = new PrintedAnswer();
  printed.take(Uint8Array.of(0x22, 0xff, 0x22));
  assertEquals(printed.after(DONE), { code: "failed", why: "the program printed no JSON" });
  const why = "x".repeat(500) + "😀";
  assertEquals(new PrintedAnswer().after({ status: "skipped", why }), {
    code: "failed",
    why: "x".repeat(300),
  });
});
