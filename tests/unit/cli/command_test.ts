import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Context,
  expectArgs,
  Interrupted,
  jsonLine,
  pause,
  unlessAborted,
  unlessInterrupted,
} from "../../../lib/cli/command.ts";
import { UserError } from "../../../lib/platform/user_error.ts";
import { countListeners } from "./listeners.ts";

Deno.test("JSON lines hold nothing that a terminal could obey, and lose nothing", () => {
  const hostile = { text: "\x1b[2J\u009b31m\u202e\u2066\u200f\u2028\x7f\ufeff\n ü€" };
  const line = jsonLine(hostile);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x1f\x7f-\x9f\u200f\u2028\u202e\u2066\ufeff]/.test(line), false);
  assertEquals(JSON.parse(line), hostile);
});

Deno.test("a missing or an unexpected argument is named with the usage of the command", () => {
  const check = (...args: string[]) => {
    const command = { name: "join", usage: "[CODE]" };
    return expectArgs({ config: { command, args } } as unknown as Context, 1);
  };
  assertEquals(check("a"), ["a"]);
  for (const [args, what] of [[[], "missing argument"], [["a", "b"], 'unexpected argument "b"']] as const) {
    const { message, exitCode } = assertThrows(() => check(...args), UserError);
    assertEquals(message, `${what}; usage: earshot join [CODE] (\`earshot join --help\` tells more).`);
    assertEquals(exitCode, 2);
  }
});

Deno.test("a command that the user ends waits for nothing, and what it waited for fails without harm", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  assertEquals(await unlessInterrupted(Promise.resolve(1), signal), 1);
  const work = Promise.withResolvers<void>();
  const waiting = assertRejects(() => unlessInterrupted(work.promise, signal), Interrupted);
  controller.abort();
  await waiting;
  await assertRejects(() => unlessInterrupted(new Promise(() => {}), signal), Interrupted);
  work.reject(new Error("late"));
});

Deno.test("a wait ends with its work, with the time or with the signal, and leaves no listener behind", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = countListeners(signal);
  for (let n = 0; n < 100; n++) {
    await unlessAborted(Promise.resolve(), signal);
    await pause(0, signal);
    const over = Promise.withResolvers<void>();
    const pausing = pause(1e9, signal, over);
    over.resolve();
    await pausing;
  }
  assertEquals(listeners(), 0);
  const waiting = [pause(1e9, signal), unlessAborted(new Promise(() => {}), signal)];
  assertEquals(listeners(), 2);
  controller.abort();
  await Promise.all(waiting);
  await pause(1e9, signal);
  assertEquals(listeners(), 0);
});
