import { assertEquals } from "@std/assert";
import { Prompt, type PromptOptions } from "../../../../lib/cli/terminal/prompt.ts";
import type { Tty, TtyListener } from "../../../../lib/cli/terminal/tty.ts";

/** A prompt on a screen of which only the size is known. */
function prompt(complete: PromptOptions["complete"] = () => [[], ""]) {
  const screen = { columns: 80, rows: 24, listener: undefined as unknown as TtyListener };
  const drawn: string[] = [];
  let next = Promise.withResolvers<void>();
  const out = {
    isBehind: false,
    raw(text: string) {
      drawn.push(text);
      next.resolve();
      next = Promise.withResolvers();
    },
  };
  const tty = Object.assign(screen, {
    open: (listener: TtyListener) => screen.listener = listener,
    close() {},
  }) as unknown as Tty;
  /** What is printed when a line is entered. */
  const answer = { text: "" };
  const line = () => answer.text && it.print(answer.text);
  const it: Prompt = new Prompt(out, tty, { prompt: "> ", line, complete, ended() {} });
  screen.listener.input(new TextEncoder().encode("x".repeat(100)));
  drawn.length = 0;
  return { it, out, screen, drawn, answer, next: () => next.promise };
}

Deno.test("while the edge of a window is dragged nothing is drawn, then once for its last size", async () => {
  const { it, screen, drawn, next } = prompt();
  for (const columns of [70, 50, 30, 45]) {
    screen.columns = columns;
    screen.listener.resized();
  }
  assertEquals(drawn, []);
  await next();
  // 102 columns of text lie on three rows by then.
  assertEquals(drawn.join("").startsWith("\x1b[2A\r\x1b[J"), true, JSON.stringify(drawn));
  it.close();
});

Deno.test("what is printed while a window changes its size does not wait, and overwrites nothing", () => {
  const { it, screen, drawn } = prompt();
  screen.columns = 30;
  screen.listener.resized();
  it.print("hello");
  assertEquals(drawn.join("").startsWith("\x1b[3A\r\x1b[J"), true, JSON.stringify(drawn));
  it.close();
});

Deno.test("what comes before the system tells of a window's new size overwrites nothing either", () => {
  const news: [name: string, what: (p: ReturnType<typeof prompt>) => void][] = [
    ["a line", ({ it }) => it.print("hello")],
    ["a key", ({ screen }) => screen.listener.input(new TextEncoder().encode("y"))],
    ["lines that stay", ({ it }) => it.status(["one"])],
    ["the end", ({ it }) => it.close()],
  ];
  for (const [name, what] of news) {
    const all = prompt();
    all.screen.columns = 30;
    what(all);
    assertEquals(
      all.drawn.join("").startsWith("\x1b[3A\r\x1b[J"),
      true,
      `${name}: ${JSON.stringify(all.drawn)}`,
    );
    all.it.close();
  }
});

Deno.test("lines that stay are above the prompt, cut to the window, and do not stay behind an entered line", async () => {
  const { it, screen, drawn, next, answer } = prompt();
  screen.listener.input(new TextEncoder().encode("\x15"));
  drawn.length = 0;
  it.status(["one", "y".repeat(90)]);
  assertEquals(drawn, ["\r\x1b[J", `one\r\n${"y".repeat(78)}…\r\n> \r\x1b[2C`]);
  drawn.length = 0;
  it.status(["one", "y".repeat(90)]);
  assertEquals(drawn, [], "what has not changed is not drawn");
  it.print("hello");
  assertEquals(drawn[0], "\x1b[2A\r\x1b[J");
  // In a window of 40 columns the second one takes two rows.
  screen.columns = 40;
  screen.listener.resized();
  drawn.length = 0;
  it.status(["three"]);
  assertEquals(drawn, []);
  await next();
  drawn.length = 0;
  screen.listener.input(new TextEncoder().encode("hi\r"));
  const shown = "three\r\n> \r\x1b[2C";
  const erased = "\x1b[1A\r\x1b[J";
  assertEquals(drawn.join(""), `${erased}> hi\r\x1b[4C\r\n\r\x1b[J${shown}${erased}${shown}`);
  drawn.length = 0;
  answer.text = "answered at once";
  screen.listener.input(new TextEncoder().encode("hi\r"));
  assertEquals(
    drawn.join(""),
    `${erased}> hi\r\x1b[4C\r\n\r\x1b[Janswered at once\r\n${shown}${erased}${shown}${erased}${shown}`,
  );
  screen.rows = 9;
  it.status(["1", "2", "3", "4", "5"]);
  assertEquals(drawn.at(-1), "1\r\n2\r\n… 3 more\r\n> \r\x1b[2C");
  it.close();
});

Deno.test("a terminal that stands still gets the lines that stay once it reads again, and not each of them", () => {
  const { it, out, drawn } = prompt();
  out.isBehind = true;
  for (const line of ["one", "two"]) it.status([line]);
  assertEquals(drawn, []);
  out.isBehind = false;
  it.status(["two"]);
  assertEquals(drawn.at(-1)!.startsWith("two\r\n"), true);
  it.close();
});

Deno.test("Tab inserts no half of a character with which two completions begin", () => {
  const { it, screen, drawn } = prompt(() => [["😀a", "😁b"], ""]);
  screen.listener.input(new TextEncoder().encode("\x15\t"));
  assertEquals(drawn.at(-1), "> \r\x1b[2C");
  it.close();
});
