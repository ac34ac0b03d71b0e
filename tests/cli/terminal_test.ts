import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import type { Terminal } from "../support/tmux.ts";
import { type Host, withHosts } from "./hosts.ts";
import type { Program } from "../support/program.ts";

/** The stand-in that is compiled for tests only has an older Deno, which does not let the program stop itself. */
const CANNOT_STOP = Deno.env.has("EARSHOT_PROGRAM") && Deno.env.has("DENORT_BIN");
const TERMINAL = { ignore: lacks("tmux") };

/** How long a paste may take until it is shown; it took 42 s once, and now takes a tenth of a second. */
const PASTE_MAX = 5_000;

/** Alice chats in a terminal, bob's peer runs; both know of each other. */
async function withChat(
  fn: (parts: { screen: Terminal; alice: Host; bob: Host; b: Program }) => Promise<void>,
  options: Parameters<Host["terminal"]>[1] & { inShell?: boolean } = {},
): Promise<void> {
  await withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    await using screen = options.inShell ? await alice.shell(options) : await alice.terminal([], options);
    if (options.inShell) {
      await screen.type("earshot");
      await screen.press("Enter");
    }
    await screen.waitFor(/\+ bob \([a-z2-7]{6}\)/);
    await b.waitForEvent("peer", { state: "up", name: "alice" });
    await fn({ screen, alice, bob, b });
  });
}

/** Fails if a paste comes with brackets, as it does in a terminal that a program has left in disorder. */
async function assertOrdinary(screen: Terminal): Promise<void> {
  await screen.type("cat -v");
  await screen.press("Enter");
  await screen.waitFor(/cat -v$/m);
  await screen.paste("pasted here");
  await screen.press("Enter", "C-d");
  // The terminal shows it, and then cat.
  const lines = await screen.waitFor(/pasted here\n(?:.*\n)*.*pasted here/);
  assertNotMatch(lines.join("\n"), /20[01]~/);
}

for (
  const [what, unit] of [["a long line", "0123456789abcdef"], ["wide characters", "漢字"], [
    "emoji",
    "🚀👍🏽",
  ]] as const
) {
  Deno.test(
    `${what} of 16 KiB is pasted at once, and sent when Enter is pressed`,
    TERMINAL,
    () =>
      withChat(async ({ screen, b }) => {
        const size = new TextEncoder().encode(unit).length;
        const text = unit.repeat(Math.floor(16_300 / size)) + " the end";
        const start = performance.now();
        await screen.paste(text);
        await screen.waitFor(/the end$/, PASTE_MAX);
        assert(performance.now() - start < PASTE_MAX);
        assertEquals(b.json().filter(({ event }) => event === "chat"), []);
        await screen.type("!");
        await screen.press("Enter");
        assertEquals((await b.waitForEvent("chat")).text, text + "!");
      }),
  );
}

Deno.test(
  "pasted lines are one message, as they are, whatever they begin with",
  TERMINAL,
  () =>
    withChat(async ({ screen, b }) => {
      for (const text of ["// a comment\n/quit\n\tif (x) {\n  /nonsense\n}", "/quit", "// x", "/peers"]) {
        await screen.paste(text);
        await screen.waitFor((lines) => lines.join("\n").trimEnd().endsWith(text.split("\n").at(-1)!));
        await screen.press("Enter");
        assertEquals((await b.waitForEvent("chat")).text, text);
      }
      await screen.paste("/msg bob for you only");
      await screen.press("Enter");
      assertEquals((await b.waitForEvent("chat", { to: "you" })).text, "for you only");
      await screen.type("// typed");
      await screen.press("Enter");
      assertEquals((await b.waitForEvent("chat")).text, "/ typed");
    }),
);

Deno.test(
  "after Ctrl-Z and fg the chat hears every key; the shell has its terminal meanwhile",
  TERMINAL,
  () =>
    withChat(async ({ screen, b }) => {
      for (const round of ["one", "two"]) {
        await screen.type(`half ${round} `);
        await screen.waitFor(new RegExp(`> half ${round}$`));
        await screen.press("C-z");
        if (CANNOT_STOP) await screen.waitFor(/Ctrl-Z does not work with this version of Deno/);
        else {
          await screen.waitFor(/Stopped[^]*\$$/);
          await assertOrdinary(screen);
          await screen.type("fg");
          await screen.press("Enter");
        }
        await screen.waitFor(new RegExp(`> half ${round}$`));
        await screen.type("more");
        await screen.press("Enter");
        assertEquals((await b.waitForEvent("chat")).text, `half ${round} more`);
      }
      await screen.press("C-c");
      await screen.waitFor(/\$$/);
      await assertOrdinary(screen);
    }, { inShell: true, rows: 60 }),
);

Deno.test(
  "Ctrl-Z under deno task, which no shell can stop, is said to do nothing",
  TERMINAL,
  () =>
    withHosts(["alice"], async (alice) => {
      await using screen = await alice.shell();
      // The tests themselves may have been started by npx, which can be stopped.
      await screen.type(
        `env -u npm_command -u npm_config_user_agent ${Deno.execPath()} task start ${
          alice.options.join(" ")
        }`,
      );
      await screen.press("Enter");
      await screen.waitFor(/^> $|^>$/m);
      await screen.press("C-z");
      await screen.waitFor(/Ctrl-Z does not work under `deno task`/);
      await screen.type("/quit");
      await screen.press("Enter");
      await screen.waitFor(/\$$/);
    }),
);

for (const [how, signal] of [["SIGTERM", "TERM"], ["SIGQUIT", "QUIT"]] as const) {
  Deno.test(`${how} gives the terminal back`, TERMINAL, () =>
    withChat(async ({ screen, alice, b }) => {
      const pid = (await Deno.readTextFile(join(alice.home, "state", "pid"))).trim();
      Deno.kill(Number(pid), `SIG${signal}`);
      await b.waitForEvent("peer", { state: "gone", name: "alice", why: "bye" });
      await screen.waitFor(/\$$/);
      await assertOrdinary(screen);
    }, { inShell: true }));
}

Deno.test(
  "a fault of the program gives the terminal back",
  TERMINAL,
  () =>
    withHosts(["alice"], async (alice) => {
      await using screen = await alice.shell();
      await screen.type(
        `${Deno.execPath()} run -q --cached-only --allow-env ${join(ROOT, "tests/cli/agents/crash.ts")}`,
      );
      await screen.press("Enter");
      await screen.waitFor(/listening/);
      await screen.type("x");
      await screen.waitFor(/listening\n(?:.*\n)*\$$/);
      await assertOrdinary(screen);
    }),
);

Deno.test(
  "a window that gets smaller and larger again leaves no copy of the line",
  TERMINAL,
  () =>
    withChat(async ({ screen, bob, b }) => {
      const text =
        "a line that is longer than the window will be, so that it takes two rows or three of it, 漢字 too";
      await screen.type(text);
      await screen.waitFor(/漢字 too/);
      for (const columns of [60, 41, 30, 90, 50]) {
        await screen.resize(columns, 24);
        assertEquals((await bob.run(["say", `at ${columns}`])).code, 0);
        const lines = await screen.waitFor(new RegExp(`bob: at ${columns}\\n> a line`));
        const from = lines.findIndex((line) => line.startsWith("> "));
        assertEquals(lines.filter((line) => line.includes("a line that")).length, 1, lines.join("\n"));
        assertEquals(lines.slice(from).join("").replaceAll(" ", ""), `> ${text}`.replaceAll(" ", ""));
      }
      await screen.press("Enter");
      assertEquals((await b.waitForEvent("chat")).text, text);
    }, { columns: 110, rows: 24 }),
);

Deno.test(
  "Backspace takes what is drawn as one character",
  TERMINAL,
  () =>
    withChat(async ({ screen, b }) => {
      await screen.type("xe\u0301");
      await screen.waitFor(/> x.+$/);
      await screen.press("BSpace");
      await screen.waitFor(/> x$/);
      await screen.type("y漢");
      await screen.waitFor(/> xy漢$/);
      await screen.press("BSpace");
      await screen.waitFor(/> xy$/);
      await screen.press("Enter");
      assertEquals((await b.waitForEvent("chat")).text, "xy");
    }),
);

for (const [what, TERM] of [["dumb", "dumb"], ["without a name", ""]] as const) {
  Deno.test(
    `a terminal that is ${what} gets no colours and no commands, and loses no line`,
    TERMINAL,
    () =>
      withChat(async ({ screen, bob, b }) => {
        await screen.type("half a li");
        assertEquals((await bob.run(["say", "in between"])).code, 0);
        await screen.waitFor(/bob: in between/);
        await screen.type("ne");
        await screen.press("Enter");
        assertEquals((await b.waitForEvent("chat")).text, "half a line");
        await screen.type("/peers");
        await screen.press("Enter");
        await screen.waitFor(/^bob +[a-z2-7]{24}/m);
        assertEquals((await screen.raw()).includes("\x1b["), false);
        await screen.press("C-c");
        await screen.waitFor(/\[exit 0\]/);
      }, { termEnv: { TERM, NO_COLOR: "" } }),
  );
}

Deno.test(
  "the names of peers are aligned by what is drawn",
  TERMINAL,
  () =>
    withChat(async ({ screen, bob }) => {
      await using _other = await bob.up("--profile", "two", "--name", "漢字 e\u0301");
      await screen.waitFor(/\+ 漢字/);
      await screen.type("/peers");
      await screen.press("Enter");
      const lines = await screen.waitFor(
        /^bob +[a-z2-7]{24}[^]*^漢字 .+[a-z2-7]{24}|^漢字 .+[a-z2-7]{24}[^]*^bob +[a-z2-7]{24}/m,
      );
      const column = (name: string) => {
        const line = lines.find((line) => line.startsWith(name) && /[a-z2-7]{24}/.test(line))!;
        // Wide characters take two columns, accents none.
        return [...line.slice(0, line.search(/[a-z2-7]{24}/)).normalize("NFC")]
          .reduce((sum, each) => sum + (/[\u4e00-\u9fff]/.test(each) ? 2 : 1), 0);
      };
      assertEquals(column("漢字"), column("bob"));
      assertMatch(lines.join("\n"), /漢字/);
    }),
);
