// In the three shells, as somebody types: what the Tab key makes of a line.

import { assertEquals } from "@std/assert";
import { SCRIPTS } from "../../lib/cli/completion/scripts.ts";
import type { Terminal } from "../support/tmux.ts";
import { lacks } from "../support/require.ts";
import { runCommand } from "../support/run_command.ts";
import { meet, withHosts } from "../cli/hosts.ts";

/** How each shell is started, and told of the completion. */
const SHELLS = {
  bash: { shell: ["bash", "--norc", "--noprofile", "-i"], setUp: "source <(earshot completion bash)" },
  zsh: {
    shell: ["zsh", "-f", "-i"],
    setUp: "PROMPT='$ '; autoload -Uz compinit; compinit -D -u; source <(earshot completion zsh)",
  },
  fish: {
    shell: ["fish", "--no-config", "--private", "-i"],
    setUp: "set -g fish_autosuggestion_enabled 0; function fish_prompt; printf '$ '; end; " +
      "earshot completion fish | source",
  },
} as const;

/** Lines, and what they are after Tab: what is typed of a command, an option, a file, a name, a set, a value. */
const LINES: readonly [typed: string, completed: RegExp][] = [
  ["earshot compl", /^\$ earshot completion$/m],
  ["earshot --profile x doct", /^\$ earshot --profile x doctor$/m],
  ["earshot send --que", /^\$ earshot send --queue$/m],
  ["earshot send kit", /^\$ earshot send kitchen\.json$/m],
  ["earshot send x --to lab", /^\$ earshot send x --to (lab\\ pc|'lab pc'|"lab pc")$/m],
  ["earshot send x --to @cl", /^\$ earshot send x --to @class$/m],
  ["earshot send x --to=@cl", /^\$ earshot send x --to=@class$/m],
  ["earshot send x --config=kit", /^\$ earshot send x --config=kitchen\.json$/m],
  ["earshot on doc", /^\$ earshot on document$/m],
];

Deno.test(
  "bash, zsh and fish complete commands, options, files, names of peers and sets",
  { ignore: lacks("shells") || lacks("tmux") },
  () =>
    withHosts(["alice", "lab pc"], async (alice, lab) => {
      await alice.file("state/earshot.jsonc", '{"name": "alice", "sets": {"class": ["lab pc"]}}');
      await alice.file("kitchen.json", "{}");
      await using a = await alice.up();
      await using l = await lab.up();
      await meet({ alice: a, "lab pc": l });
      const trials = Object.entries(SHELLS).map(async ([name, { shell, setUp }]) => {
        await using terminal = await alice.shell({ shell, cwd: alice.home });
        await terminal.type(`${setUp}; clear; echo ready`);
        await terminal.press("Enter");
        await terminal.waitFor(/^ready$/m);
        for (const [typed, completed] of LINES) {
          await press(terminal, typed, completed, name);
        }
        await terminal.type("earshot se");
        await terminal.press("Tab", "Tab");
        await terminal.waitFor(/send[^]*service/);
      });
      // All terminals are closed before the first failure is told.
      await Promise.allSettled(trials);
      await Promise.all(trials);
    }),
);

/** Types, presses Tab, waits for what becomes of it, and clears the line. */
async function press(terminal: Terminal, typed: string, completed: RegExp, shell: string): Promise<void> {
  await terminal.type(typed);
  await terminal.press("Tab");
  await terminal.waitFor(completed).catch((error) => {
    throw new Error(`${shell}: ${error.message}`);
  });
  // Not Ctrl-C: what is typed next could get lost with it.
  await terminal.press("C-u");
}

/** Names that a peer can give itself, for whoever presses Tab to run. */
const HOSTILE = ["a$(echo b)", "a`echo b`", 'a"; echo b; "', "a'; echo b; '", "a\\", "a!!", "a & b", "a's"];

Deno.test("whatever a peer calls itself, bash takes a completed line for its name and runs nothing", async () => {
  const words = HOSTILE.map((name) => `'${name.replaceAll("'", "'\\''")}'`).join(" ");
  const script = `
    earshot() { printf '%s\\ta peer\\n' ${words}; }
    ${SCRIPTS.bash}
    for quote in '' '"' "'"; do
      COMP_LINE="earshot say x --to \${quote}a" COMP_CWORD=4 COMP_WORDS=(earshot say x --to "\${quote}a")
      COMP_POINT=\${#COMP_LINE}
      _earshot
      echo "in <$quote>"
      for reply in "\${COMPREPLY[@]}"; do eval "printf '%s\\n' $quote$reply$quote"; done
    done`;
  const { code, output } = await runCommand("bash", ["-c", script]);
  const [typed, double, single] = output.trim().split(/in <.?>\n/).slice(1);
  const lines = (text: string) => text.trim().split("\n");
  assertEquals([code, lines(typed!)], [0, HOSTILE]);
  // In quotes, only names that they protect as they are.
  assertEquals(lines(double!), ["a'; echo b; '", "a & b", "a's"]);
  assertEquals(lines(single!), HOSTILE.filter((name) => !name.includes("'")));
});
