import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { lacks } from "../support/require.ts";
import type { Terminal } from "../support/tmux.ts";
import { type Host, withHosts } from "./hosts.ts";
import type { Program } from "../support/program.ts";

const TERMINAL = { ignore: lacks("tmux") };

/** Alice chats in a terminal, bob's peer runs; both know of each other. */
async function withChat(
  fn: (parts: { screen: Terminal; alice: Host; bob: Host; b: Program }) => Promise<void>,
  size: { columns?: number; rows?: number } = {},
): Promise<void> {
  await withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    await using screen = await alice.terminal([], size);
    await screen.waitFor(/\+ bob \([a-z2-7]{6}\)/);
    await b.waitForEvent("peer", { state: "up", name: "alice" });
    await fn({ screen, alice, bob, b });
  });
}

Deno.test(
  "what is typed is read on the other side, and the other way round",
  TERMINAL,
  () =>
    withChat(async ({ screen, bob, b }) => {
      await screen.type("hello there");
      await screen.press("Enter");
      assertEquals((await b.waitForEvent("chat")).text, "hello there");
      assertEquals((await bob.run(["say", "hi alice"])).code, 0);
      await screen.waitFor(/^bob: hi alice$/m);
      assertEquals((await bob.run(["say", "--to", "alice", "psst"])).code, 0);
      const lines = await screen.waitFor(/^bob to you: psst$/m);
      assertStringIncludes(lines.join("\n"), "You are alice (");
      assertMatch(lines.join("\n"), /^> hello there$/m);
    }),
);

Deno.test(
  "a message that arrives leaves alone what is being typed, over several lines and with the cursor in it",
  {
    ...TERMINAL,
  },
  () =>
    withChat(async ({ screen, bob, b }) => {
      const text = "a line that is longer than this narrow terminal is wide, twice";
      await screen.type(text);
      await screen.press("Left", "Left", "Left", "Left", "Left");
      await screen.waitFor(/> a line that/);
      for (const word of ["one", "two", "three"]) {
        assertEquals((await bob.run(["say", `${word} two\nlines`])).code, 0);
        await screen.waitFor(new RegExp(`bob: ${word} two\n    lines`));
      }
      await screen.type("exactly ");
      const lines = await screen.waitFor(/exactly twice/);
      const from = lines.findIndex((line) => line.startsWith("> "));
      assertEquals(lines.slice(from).join(""), `> ${text.slice(0, -5)}exactly ${text.slice(-5)}`);
      assertEquals(lines.filter((line) => line.startsWith("> ")).length, 1, lines.join("\n"));
      await screen.press("Enter");
      assertEquals((await b.waitForEvent("chat")).text, `${text.slice(0, -5)}exactly ${text.slice(-5)}`);
    }, { columns: 40, rows: 24 }),
);

Deno.test(
  "the commands of the chat do what /help says",
  TERMINAL,
  () =>
    withChat(async ({ screen, alice, bob, b }) => {
      const enter = async (line: string) => {
        await screen.type(line);
        await screen.press("Enter");
      };
      await enter("/help");
      await screen.waitFor(/\/send FILE NAME +hand over a JSON document/);
      await enter("/peers");
      await screen.waitFor(/^bob +[a-z2-7]{24} +/m);
      await enter("/msg bob for you");
      assertEquals((await b.waitForEvent("chat", { to: "you" })).text, "for you");
      await enter("/msg carol hi");
      await screen.waitFor(/"carol"/);
      const file = await alice.file("my note.json", "[1]");
      await enter(`/send ${file} bob`);
      await b.waitForEvent("document", { name: "my note.json" });
      await screen.waitFor(/Delivered my note\.json to bob\./);
      assertEquals(bob.received("alice"), ["my note.json"]);
      await enter("/nonsense");
      await screen.waitFor(/unknown command \/nonsense/);
      await enter("/quit");
      await screen.waitFor(/^\[exit 0\]$/m);
      await b.waitForEvent("peer", { state: "gone", name: "alice" });
    }, { rows: 50 }),
);

Deno.test("Tab completes commands and names", TERMINAL, () =>
  withChat(async ({ screen, b }) => {
    await screen.type("/m");
    await screen.waitFor(/^> \/m$/m);
    await screen.press("Tab");
    await screen.waitFor(/^> \/msg$/m);
    await screen.type("b");
    await screen.waitFor(/^> \/msg b$/m);
    await screen.press("Tab");
    // A Tab that comes together with what follows it counts as pasted, and is not completed.
    await screen.waitFor(/^> \/msg bob$/m);
    await screen.type("completed");
    await screen.waitFor(/^> \/msg bob completed$/m);
    await screen.press("Enter");
    assertEquals((await b.waitForEvent("chat", { to: "you" })).text, "completed");
  }));

Deno.test(
  "nothing from the network commands the terminal",
  TERMINAL,
  () =>
    withChat(async ({ screen, bob }) => {
      const hostile = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\u009b5A\u202egnp\r> /quit\n> fake prompt";
      assertEquals((await bob.run(["say", hostile])).code, 0);
      const lines = await screen.waitFor(/fake prompt/);
      assertStringIncludes(lines.join("\n"), "You are alice (");
      assertMatch(
        lines.join("\n"),
        /^bob: \u241b\[2J\u241b\]0;owned\u2407\u241b\[31mred\ufffd5A\ufffdgnp\u240d> \/quit\n {4}> fake prompt$/m,
      );
      assertEquals(await screen.title() === "owned", false);
    }, { columns: 120 }),
);

for (const [how, keys] of [["Ctrl-C", "C-c"], ["Ctrl-D", "C-d"]] as const) {
  Deno.test(
    `${how} leaves the chat with exit code 0, and the others hear of it`,
    TERMINAL,
    () =>
      withChat(async ({ screen, b }) => {
        await screen.press(keys);
        await screen.waitFor(/^\[exit 0\]$/m);
        await b.waitForEvent("peer", { state: "gone", name: "alice" });
      }),
  );
}

Deno.test(
  "closing the terminal leaves the chat like Ctrl-C",
  TERMINAL,
  () =>
    withChat(async ({ screen, alice, b }) => {
      await screen[Symbol.asyncDispose]();
      await b.waitForEvent("peer", { state: "gone", name: "alice", why: "bye" });
      await using again = await alice.up();
      await b.waitForEvent("peer", { state: "up", name: "alice" });
      await again.stop();
    }),
);

Deno.test(
  "a chat that finds nobody says so, and what is typed meanwhile is not lost on the user",
  TERMINAL,
  () =>
    withHosts(["alice"], async (alice) => {
      await using screen = await alice.terminal();
      await screen.waitFor(/You are alice/);
      await screen.type("hello?");
      await screen.press("Enter");
      await screen.waitFor(/Nobody is here to hear that\./);
      await screen.type("half a line");
      await screen.waitFor(/Nobody yet\.[^]*^> half a line$/m);
    }),
);

Deno.test("a line that did not arrive is quoted", TERMINAL, () =>
  withChat(async ({ screen, b }) => {
    b.signal("SIGKILL");
    await b.ended();
    for (const line of ["lunch at noon?", `/msg bob ${"a long line ".repeat(5)}`]) {
      await screen.type(line);
      await screen.press("Enter");
    }
    await screen.waitFor(/bob could not be reached, "lunch at noon\?" was not sent \(/);
    await screen.waitFor(/bob could not be reached, "(a long line ){3}a lo…" was not sent \(/);
  }, { columns: 200 }));

Deno.test(
  "the chat tells at once that a document cannot be taken now",
  TERMINAL,
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using _b = await bob.up("--quota", "1k");
      await using screen = await alice.terminal([], { columns: 200 });
      await screen.waitFor(/\+ bob \([a-z2-7]{6}\)/);
      await screen.type(`/send ${await alice.file("large.json", `"${"x".repeat(2_000)}"`)} bob`);
      await screen.press("Enter");
      await screen.waitFor(/bob cannot take large\.json now: quota: .*\. Trying again for up to 5 s\./);
      await screen.waitFor(/bob cannot take large\.json now: quota: .*\. It waits in the outbox/);
    }),
);

Deno.test(
  "colour is for terminals, and not under NO_COLOR",
  TERMINAL,
  () =>
    withHosts(["alice"], async (alice) => {
      await using plain = await alice.terminal();
      await plain.waitFor(/You are alice/);
      assertEquals((await plain.raw()).includes("\x1b["), false);
      await plain.press("C-c");
      await plain.waitFor(/exit 0/);
      alice.env.NO_COLOR = "";
      await using colourful = await alice.terminal();
      await colourful.waitFor(/You are alice/);
      assertEquals((await colourful.raw()).includes("\x1b["), true);
    }),
);

Deno.test("without a terminal each line of input is said, and the peer stays after its end", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    await using a = alice.start([], { stdin: "piped" });
    await a.write("one\ntwo\n\nthree");
    await a.endInput();
    for (const text of ["one", "two", "three"]) assertEquals((await b.waitForEvent("chat")).text, text);
    assertEquals((await bob.run(["say", "still there?"])).code, 0);
    await a.waitForLine(/^bob: still there\?$/);
    assertEquals(
      a.lines.filter((line) => / [0-9A-Z]{26}/.test(line)),
      [],
      "ids of messages say nothing to people",
    );
    assertEquals((await a.stop("SIGTERM")).code, 0);
    await b.waitForEvent("peer", { state: "gone", name: "alice" });
  }));

Deno.test(
  "a chat that is opened again shows what was said lately, before anything new",
  TERMINAL,
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using b = await bob.up();
      {
        await using screen = await alice.terminal();
        await screen.waitFor(/\+ bob \([a-z2-7]{6}\)/);
        assertEquals((await bob.run(["say", "hi alice\nand all"])).code, 0);
        await screen.waitFor(/bob: hi alice/);
        await screen.type("hello bob");
        await screen.press("Enter");
        await b.waitForEvent("chat");
        await screen.type("/msg bob psst");
        await screen.press("Enter");
        await b.waitForEvent("chat", { text: "psst" });
        await screen.press("C-c");
        await screen.waitFor(/\[exit 0\]/);
      }
      await using screen = await alice.terminal([], { columns: 140 });
      const lines = await screen.waitFor(/\+ bob \([a-z2-7]{6}\)/);
      const from = lines.findIndex((line) => line.startsWith("You are alice"));
      const time = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d";
      const expected = [
        "You are alice .*",
        `${time} bob: hi alice`,
        "    and all",
        `${time} alice: hello bob`,
        `${time} alice to bob: psst`,
        "\\+ bob .*",
      ];
      for (const [i, line] of expected.entries()) assertMatch(lines[from + i]!, new RegExp(`^${line}$`));
      await screen.press("C-c");
      await screen.waitFor(/\[exit 0\]/);
      await using piped = alice.start([]);
      await piped.waitForLine(/bob .* is here/);
      assertEquals(piped.lines.filter((line) => line.includes("hi alice")), [], "that is for people");
    }),
);
