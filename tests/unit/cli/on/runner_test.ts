import { assertEquals } from "@std/assert";
import type { Context } from "../../../../lib/cli/command.ts";
import type { Plan } from "../../../../lib/cli/on/plan.ts";
import { GoneError, Runner } from "../../../../lib/cli/on/runner.ts";
import { countListeners } from "../listeners.ts";

Deno.test("a program that is tried again leaves nothing behind at the signal that ends the command", async () => {
  const lines: string[] = [];
  const err = { line: (text: string) => void lines.push(text) };
  const context = { config: { quiet: false }, out: err, err } as unknown as Context;
  const plan = { argv: ["true"], retries: 0, timeout: 1e6 } as unknown as Plan;
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  const tries = [new Error("it is locked"), new GoneError("it is gone")];
  const material = () => Promise.reject(tries.shift()!);
  const outcome = await new Runner(context, plan, undefined, signal).run({ title: "a.json", material });
  assertEquals(outcome, { status: "skipped", why: "it is gone" });
  assertEquals(lines, [
    "earshot: a.json: it is locked. Trying again in 1 s.",
    "earshot: Skipped a.json: it is gone.",
  ]);
  assertEquals(listeners(), 0);
});
