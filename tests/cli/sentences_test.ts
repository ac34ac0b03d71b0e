// What the program says where the machine under it is in trouble: each cause has its own true sentence.

import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { Program, programCommand, programEnv, ROOT as CHECKOUT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { type Host, withHosts } from "./hosts.ts";

const LINUX = { ignore: Deno.build.os !== "linux" };
const ROOT = { ignore: lacks("lan") };

/** Texts of the system that mean nothing to most people. */
const RAW = /os error|--allow|EACCES|Requires/;

/** Starts a peer that acknowledges nothing. */
function startSilent(name: string, group: string, folder: string): Program {
  const agent = join(CHECKOUT, "tests/cli/agents/silent_receiver.ts");
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--cached-only",
      "--config",
      join(CHECKOUT, "deno.json"),
      "-P=test",
      agent,
      name,
      group,
      folder,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new Program(process, name, false);
}

/** Runs a command of the host behind shell words that prepare its surroundings. */
async function behind(
  words: string,
  host: Host,
  args: readonly string[],
  program: readonly string[] = programCommand(),
): Promise<{ code: number; err: string }> {
  const command = [...program, ...host.options, ...args].map((word) => `'${word}'`).join(" ");
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${words} ${command}`],
    env: programEnv(host.env),
    clearEnv: true,
  }).output();
  const err = new TextDecoder().decode(stderr);
  assertNotMatch(err, RAW);
  return { code, err };
}

Deno.test(
  "a state folder that became root's is said to be root's, and how it is given back",
  ROOT,
  () =>
    withHosts(["alice"], async (alice) => {
      const state = join(alice.home, "state");
      assertEquals((await alice.run(["id"])).code, 0);
      await Deno.chown(state, 4242, 4242);
      const document = await alice.file("a.json", "1");
      // Root without its power over the files of others is like any user.
      const user = "setpriv --bounding-set=-dac_override,-dac_read_search,-chown,-fowner";
      for (
        const args of [["id"], ["known"], ["run"], ["peers"], ["group", "show"], [
          "send",
          document,
          "--to",
          "x",
        ]]
      ) {
        const { code, err } = await behind(user, alice, args);
        assertEquals(code === 0, false, args.join(" "));
        assertMatch(
          err,
          /^earshot: .*state belongs to another user \(4242\).*sudo chown -R "\$USER"/,
          args.join(" "),
        );
      }
    }),
);

Deno.test(
  "a folder above the state folder, or a file in it, that became somebody else's is named",
  ROOT,
  () =>
    withHosts(["alice"], async (alice) => {
      const own = join(alice.home, "own");
      const above = join(own, ".local");
      const state = join(above, "state");
      const user = "setpriv --bounding-set=-dac_override,-dac_read_search,-chown,-fowner";
      await Deno.mkdir(state, { recursive: true });
      const told = async (args: string[], path: string, giveBack: string) => {
        const { code, err } = await behind(user, alice, [...args, "--state", state]);
        assertEquals(code, 1, err);
        assertMatch(
          err,
          new RegExp(
            `because ${path} belongs to another user \\(4242\\): .*\`sudo chown -R "\\$USER" ${giveBack}\``,
          ),
        );
      };
      assertEquals((await behind(user, alice, ["id", "--state", state])).code, 0);
      const key = join(state, "identity.json");
      await Deno.chown(key, 4242, 4242);
      await told(["id"], key, state);
      await told(["run"], key, state);
      await Deno.chown(key, 0, 0);
      const database = join(state, "earshot.db");
      await Deno.writeFile(database, new Uint8Array(4096), { mode: 0o600 });
      await Deno.chown(database, 4242, 4242);
      for (const args of [["inbox"], ["run"]]) await told(args, database, state);
      await Deno.chown(above, 4242, 4242);
      await Deno.chmod(above, 0o700);
      for (const args of [["id"], ["inbox"], ["run"], ["group", "show"]]) await told(args, above, above);
    }),
);

Deno.test(
  "a history whose disk is full is not said to be damaged",
  ROOT,
  () =>
    withHosts(["alice"], async (alice) => {
      const state = join(alice.home, "state");
      using disk = new SmallDisk(state, "size=2m");
      await (await alice.up()).stop("SIGTERM");
      disk.fill();
      for (const args of [["inbox"], ["known"], ["inbox", "sql", "SELECT 1"]]) {
        const { code, stderr } = await alice.run(args);
        if (code === 0) continue;
        assertEquals(code, 1);
        assertMatch(
          stderr,
          /^earshot: The database .*earshot\.db cannot be read \(its disk is full\): make room there\.\n$/,
        );
      }
      const run = await alice.run(["run"]);
      assertEquals(run.code, 1);
      assertMatch(run.stderr, /\(its disk is full\): make room there/);
    }),
);

Deno.test("a database that another program has locked is said to be locked", () =>
  withHosts(["alice"], async (alice) => {
    await (await alice.up()).stop("SIGTERM");
    using db = new DatabaseSync(join(alice.home, "state", "earshot.db"));
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value");
    for (const args of [["inbox"], ["run"]]) {
      const { code, stderr } = await alice.run(args);
      assertEquals(code, 1);
      assertMatch(
        stderr,
        /^earshot: The database .* \(another program has locked it\): end that program\.\n$/,
      );
    }
  }));

Deno.test("want of file descriptors is told as that", LINUX, () =>
  withHosts(["alice"], async (alice) => {
    await (await alice.up()).stop("SIGTERM");
    const agent = join(CHECKOUT, "tests/cli/agents/few_files.ts");
    let told = 0;
    for (let left = 0; left < 8; left++) {
      const program = [Deno.execPath(), "run", "-q", "--cached-only", "-A", agent, `${left}`];
      const { code, err } = await behind("ulimit -n 64; exec", alice, ["inbox"], program);
      if (code === 0) continue;
      assertMatch(
        err,
        /^earshot: .*\(too many files are open\): end other programs, or raise the limit \(`ulimit -n`\)/,
      );
      told++;
    }
    assertEquals(told > 0, true);
  }));

Deno.test(
  "an inbox that no folder can be made for is told at the start",
  LINUX,
  () =>
    withHosts(["alice"], async (alice) => {
      const file = await alice.file("a.json", "1");
      for (
        const [inbox, why] of [
          ["/proc/nohome", "it is among the special files of the system"],
          [join(alice.home, "n".repeat(300)), "its name is too long"],
          [join(file, "in"), "a part of its path is not a folder"],
        ] as const
      ) {
        await using a = await alice.up("--inbox", inbox);
        const { message } = await a.waitForEvent("warning", { code: "inbox-unwritable" });
        assertMatch(message, new RegExp(`^The inbox .* cannot be used \\(${why}\\): .*choose another`));
        assertNotMatch(message, RAW);
      }
    }),
);

for (
  const [what, sentence] of [
    ["a broken link", /is a broken link: restore its target, or remove the link/],
    ["a file", /is a file, not a folder: move it away, or choose another place with --inbox/],
  ] as const
) {
  Deno.test(
    `an inbox that is ${what} is told at the start, and when something comes`,
    LINUX,
    () =>
      withHosts(["alice", "bob"], async (alice, bob) => {
        const inbox = join(bob.home, "in");
        if (what === "a file") await Deno.writeTextFile(inbox, "mine");
        else await Deno.symlink(join(bob.home, "nowhere"), inbox);
        await using b = await bob.up("--inbox", inbox);
        assertMatch((await b.waitForEvent("warning", { code: "inbox-unwritable" })).message, sentence);
        const sent = await alice.run(["send", "-", "--to", "bob", "--timeout", "6"], { input: "1" });
        assertEquals(sent.code, 1);
        assertMatch(sent.stderr, /another file is in the place of its folder/);
        const { message } = await b.waitForEvent("warning", { code: "inbox-unwritable" });
        assertMatch(message, sentence);
        assertNotMatch(message, RAW);
        await Deno.remove(inbox);
      }),
  );
}

Deno.test(
  "the special folders of the system are refused as such",
  LINUX,
  () =>
    withHosts(["alice"], async (alice) => {
      for (const [name, path] of [["HOME", "/proc/nohome"], ["EARSHOT_STATE", "/proc/state"]] as const) {
        const { code, stderr } = await alice.run(["id"], { env: { EARSHOT_STATE: "", [name]: path } });
        assertEquals(code, 1);
        assertMatch(
          stderr,
          /^earshot: The state folder \/proc\/.* special files of the system.*--state\.\n$/,
        );
      }
    }),
);

Deno.test("one's own Ctrl-C is not told as somebody's slowness", () => {
  const group = `test-${crypto.randomUUID().slice(0, 8)}`;
  return withHosts(["alice"], async (alice) => {
    const file = await alice.file("a.json", "1");
    for (const [name, ...args] of [["bob", "send", file], ["carol", "say", "hi"]] as const) {
      await using receiver = startSilent(name, group, alice.home);
      await receiver.waitForLine(/^ready$/);
      await using command = alice.start([...args, "--to", name, "--timeout", "60"]);
      await receiver.waitForLine(/^(document|chat)$/);
      const { code, stderr } = await command.stop("SIGINT");
      assertEquals(code, 130);
      assertNotMatch(stderr, /in time/);
    }
  }, group);
});
