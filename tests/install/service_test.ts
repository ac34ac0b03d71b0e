import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { launchd } from "../../lib/cli/service/launchd.ts";
import { scheduledTask, windowsLine } from "../../lib/cli/service/scheduled_task.ts";
import { unitText } from "../../lib/cli/service/systemd.ts";
import { type Host, withHosts } from "../cli/hosts.ts";
import { programEnv, type ProgramResult, ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { programLine } from "../support/tmux.ts";

/** A name with all that a unit could take for something else. */
const NAME = `a "5%n" $HOME \\n ${"'"}b`;

/** Runs a script of the shell with `earshot` in it, under a service manager of its own. */
async function underManager(alice: Host, script: string): Promise<ProgramResult> {
  const runtime = join(alice.home, "runtime");
  await Deno.mkdir(runtime, { mode: 0o700 });
  const program = `earshot() { ${programLine(alice.options)} "$@"; }\n`;
  const file = await alice.file("script", program + script);
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-m", "bash", join(ROOT, "tests/install/user_manager.sh"), "bash", file],
    env: { ...programEnv(alice.env), XDG_RUNTIME_DIR: runtime },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test(
  "service install makes a peer that runs as a user's service, with the options given; uninstall ends it",
  { ignore: lacks("debian") },
  () =>
    withHosts(["alice"], async (alice) => {
      const { code, stdout, stderr } = await underManager(
        alice,
        `
          earshot service status
          earshot service install --name "$(cat "$HOME/name")" --plain --max-size 1M && installed=$?
          systemd-analyze --user verify "$HOME/.config/systemd/user/earshot.service" && verified=$?
          for ((i = 0; i < 600; i++)); do earshot id --json | grep -q '"running"' && break; sleep 0.1; done
          earshot id --json
          earshot service status --json
          earshot service uninstall && uninstalled=$?
          earshot service status --json
          echo "$? $installed $verified $uninstalled"
          earshot service uninstall
        `.replace("$HOME/name", await alice.file("name", NAME)),
      );
      const lines = stdout.trim().split("\n");
      assertEquals(code, 1, stderr);
      assertEquals(lines[0], "earshot.service does not run; not installed");
      const unit = join(alice.home, ".config/systemd/user/earshot.service");
      assertEquals(lines[1], `Installed and started: ${unit}`);
      const [id, up] = lines.slice(2, 4).map((line) => JSON.parse(line));
      assertEquals([id.name, id.running], [NAME, up.pid], stderr);
      assertEquals(id.state, join(alice.home, "state"), "the folder that the environment named");
      assertEquals(up, { name: "earshot.service", installed: true, file: unit, pid: up.pid });
      assertEquals(lines.slice(4), [
        `Stopped and removed: ${unit}`,
        JSON.stringify({ name: "earshot.service", installed: false, file: unit }),
        "1 0 0 0",
      ]);
      assertStringIncludes(stderr, `There is no service earshot.service: ${unit} does not exist.`);
    }),
);

Deno.test("where no service manager answers, the unit is written, and what failed is told", {
  ignore: Deno.build.os !== "linux",
}, () =>
  withHosts(["alice"], async (alice) => {
    const env = { PATH: alice.home };
    const failed = await alice.run(["service", "install", "--profile", "second"], { env });
    assertEquals(failed.code, 1);
    const unit = join(alice.home, ".config/systemd/user/earshot-second.service");
    assertStringIncludes(failed.stderr, `${unit} is written, but \`systemctl --user daemon-reload\` failed`);
    assertMatch(await Deno.readTextFile(unit), /^ExecStart=.* "run" .*"--profile=second"/m);
    assertEquals((await alice.run(["service", "uninstall", "--profile", "second"], { env })).code, 1);
    assertEquals([...Deno.readDirSync(join(unit, ".."))], []);
    const missing = await alice.run(["service", "install", "--plain-listen", "127.0.0.1"], { env });
    assertEquals(missing.code, 2);
    assertMatch(missing.stderr, /--plain-listen needs --plain/);
    assertEquals([...Deno.readDirSync(join(unit, ".."))], []);
    // A service runs elsewhere, and would not find the file that this folder has.
    await Deno.mkdir(join(alice.home, "project"));
    const config = await alice.file("project/earshot.jsonc", '{"name": "bert"}');
    await alice.file("systemctl", "");
    const there = { env, cwd: join(config, "..") };
    const denied = await alice.run(["service", "install", "--profile", "second"], there);
    assertEquals(denied.code, 1);
    assertMatch(denied.stderr, /is written, but `systemctl --user daemon-reload` failed \(/);
    assert((await Deno.readTextFile(unit)).includes(`"--config=${config}"`));
    const wrong = await alice.run(["service", "start"]);
    assertEquals(wrong.code, 2);
    assertMatch(wrong.stderr, /unknown action "start"; usage: earshot service install\|uninstall\|status/);
  }));

Deno.test("systemd expands nothing in the command line of a unit", () => {
  assertMatch(
    unitText(["/a b/earshot", `"%h" $X \\`]),
    /^ExecStart="\/a b\/earshot" "\\"%%h\\" \$\$X \\\\"$/m,
  );
  // It would take neither for a path of a program.
  assertMatch(unitText(["/o'b/$x/earshot"]), /^ExecStart="\/usr\/bin\/env" "\/o'b\/\$\$x\/earshot"$/m);
});

Deno.test("the launch agent of macOS names the command word by word, and is XML", () => {
  const places = { home: "/Users/me", uid: 501, env: () => undefined };
  const agent = launchd({ profile: "x", command: ["/bin/earshot", "run", "--name=<a & b>"] }, places);
  assertEquals(agent.file!.path, "/Users/me/Library/LaunchAgents/earshot.x.plist");
  assertStringIncludes(
    agent.file!.content,
    "<string>/bin/earshot</string>\n    <string>run</string>\n    <string>--name=&lt;a &amp; b&gt;</string>",
  );
  assertEquals(agent.replace, [["launchctl", "bootout", "gui/501/earshot.x"]]);
  assertEquals(agent.start, [["launchctl", "bootstrap", "gui/501", agent.file!.path]]);
  assertEquals(agent.processOf("\tstate = running\n\tpid = 77\n"), 77);
  assertEquals(agent.processOf("\tstate = waiting\n"), undefined);
});

Deno.test("on Windows the commands of a scheduled task are printed, with the words of the command quoted", () => {
  const task = scheduledTask({ profile: undefined, command: ["C:\\Program Files\\earshot.exe", "run"] });
  assert(!task.isRun);
  assertEquals(
    windowsLine(task.start[0]!),
    'schtasks /Create /F /SC ONLOGON /RL LIMITED /TN earshot /TR "\\"C:\\Program Files\\earshot.exe\\" run"',
  );
  const word = windowsLine(["--state=C:\\my files\\", '--name=a "b"', "--name=a&b", ""]);
  assertEquals(word, '"--state=C:\\my files\\\\" "--name=a \\"b\\"" "--name=a&b" ""');
  assertEquals(windowsLine([windowsLine(['a "b"'])]), '"\\"a \\\\\\"b\\\\\\"\\""');
});
