// The package for npm, installed from its file by somebody who has nothing but Node.js, and used without a network.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { type Host, meet, withHosts } from "../cli/hosts.ts";
import { packNpm } from "../support/npm.ts";
import { programEnv } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { runCommand } from "../support/run_command.ts";
import { makeProject, tryProject, withFolder } from "./project.ts";

/** A command with which each gets to its work, and its exit code. */
const TRIALS: readonly [args: readonly string[], code: number, told: RegExp][] = [
  [["--version"], 0, /^earshot \d/],
  [["peers", "--wait", "0"], 0, /^bob /m],
  [["say", "hello"], 0, /^Said to bob/],
  [["ask", '{"cmd":"info"}', "--to", "bob"], 0, /"name":"bob"/],
  [["inbox", "--sent"], 0, /hello/],
  [["id"], 0, /^name +alice$/m],
  [["group", "show"], 0, /\(open\)$/m],
  [["join", "nonsense"], 2, /join code/],
  [["known"], 0, /^/],
  [["trust", "bob"], 0, /bob/],
  [["forget", "bob"], 0, /bob/],
  [["block"], 2, /missing argument/],
  [["withdraw", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], 1, /waits, or was sent/],
  [["on", "document", "--", "none-such"], 2, /There is no program "none-such" in the PATH/],
  [["dial", "udp://127.0.0.1:9", "--wait", "0"], 0, /^/],
  [["doctor", "none-such"], 3, /none-such/],
  [["service", "status"], 1, /does not run; not installed/],
  [["completion", "bash"], 0, /complete -F _earshot earshot/],
  [["send", "none.json", "--to", "bob"], 2, /There is no file none\.json/],
  [["send", "a.json", "--to", "nobody", "--timeout", "0"], 3, /nobody/],
];

Deno.test(
  "the npm package runs every command without a network and with an empty DENO_DIR; exit codes and signals pass through",
  { ignore: lacks("programs") || lacks("lan") },
  () =>
    withFolder((folder) =>
      inNamespace(async (netns) => {
        await install(folder);
        const modules = await countModules(join(folder, "node_modules/earshot/program/main.js"));
        assert(modules <= 24, `${modules} modules at each start; in the checkout it is 40`);
        Deno.env.set("EARSHOT_PROGRAM", join(folder, "node_modules/.bin/earshot"));
        try {
          await withHosts(["alice", "bob"], (alice, bob) => tryCommands(alice, bob, folder, netns));
        } finally {
          Deno.env.delete("EARSHOT_PROGRAM");
        }
        await makeProject(folder, "earshot", { nodeModulesDir: "manual" });
        await tryProject(folder, {
          env: { ...programEnv(), DENO_DIR: join(folder, "empty"), HOME: folder },
          inside: ["ip", "netns", "exec", netns],
        });
      })
    ),
);

/** Packs, and installs as `npm install` does in an empty home; npm keeps what it has loaded once where it always does. */
async function install(folder: string): Promise<void> {
  const file = await packNpm(join(folder, "packed"));
  const known = async (key: string) => (await runCommand("npm", ["config", "get", key])).output.trim();
  const env = {
    ...programEnv(),
    HOME: folder,
    NPM_CONFIG_CACHE: await known("cache"),
    NPM_CONFIG_USERCONFIG: await known("userconfig"),
  };
  const args = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", file];
  const { code, output } = await runCommand("npm", args, { cwd: folder, env });
  assertEquals(code, 0, output);
}

/** Counts the modules that are loaded with this one, without those that it imports only later. */
async function countModules(path: string): Promise<number> {
  const seen = new Set([path]);
  for (const each of seen) {
    const text = await Deno.readTextFile(each);
    for (const [, name] of text.matchAll(/^(?:import|\} from|import .* from) "(\.\/[^"]+)";$/gm)) {
      seen.add(join(dirname(each), name!));
    }
  }
  return seen.size;
}

async function tryCommands(alice: Host, bob: Host, folder: string, netns: string): Promise<void> {
  const options = { netns, cwd: alice.home, env: { DENO_DIR: join(folder, "empty") } };
  await using a = alice.start(["run", "--json"], options);
  await using b = bob.start(["run", "--json"], options);
  // To kill npm's script is not to kill the program.
  await using _rest = { [Symbol.asyncDispose]: () => killAll(netns) };
  for (const peer of [a, b]) await peer.waitForEvent("ready");
  await meet({ alice: a, bob: b });
  await alice.file("a.json", '{"a": 1}');
  const sent = await alice.run(["send", "a.json", "--to", "bob"], options);
  assertEquals([sent.code, sent.stdout], [0, "Delivered a.json to bob.\n"], sent.stderr);
  assertEquals(await Deno.readTextFile(join(bob.home, "earshot-inbox/alice/a.json")), '{"a": 1}');
  const tried = ["", "run", "send"];
  for (const [args, code, told] of TRIALS) {
    const result = await alice.run([...args], options);
    assertEquals(result.code, code, `${args.join(" ")}: ${result.stderr}`);
    assertMatch(result.stdout + result.stderr, told);
    tried.push(args[0]!);
  }
  await using page = alice.start(["web"], options);
  const address = new URL(await page.waitForLine(/^http:/));
  const served = await runCommand("ip", ["netns", "exec", netns, "curl", "-sS", address.origin]);
  assertMatch(served.output, /<title>Earshot<\/title>/);
  assertEquals((await page.stop("SIGINT")).code, 0);
  tried.push("web");
  assertEquals(COMMANDS.map(({ name }) => name).filter((name) => !tried.includes(name)), []);
  assertEquals((await a.stop("SIGINT")).code, 0);
  await b.waitForEvent("peer", { state: "gone", name: "alice" });
  // Somebody kills the program itself: that is not taken for a good end.
  const children = await runCommand("cat", [`/proc/${b.pid}/task/${b.pid}/children`]);
  const [child] = children.output.trim().split(" ");
  assert(Number(child) > 0);
  Deno.kill(Number(child), "SIGKILL");
  assertEquals((await b.ended()).code, 137);
  await using chat = alice.start([], { ...options, stdin: "piped" });
  await chat.waitForLine(/is ready in group/);
  assertEquals((await chat.stop("SIGTERM")).code, 0);
}

/** Kills every process in a namespace. */
async function killAll(netns: string): Promise<void> {
  const { output } = await runCommand("ip", ["netns", "pids", netns]);
  for (const pid of output.split("\n").filter(Boolean)) {
    try {
      Deno.kill(Number(pid), "SIGKILL");
    } catch { /* it has ended */ }
  }
}

/** Makes a network namespace with nothing but loopback, and removes it afterwards. */
async function inNamespace(fn: (name: string) => Promise<void>): Promise<void> {
  const name = `earshot-npm-${crypto.randomUUID().slice(0, 8)}`;
  const ip = async (...args: string[]) =>
    assertEquals((await runCommand("ip", args)).code, 0, args.join(" "));
  await ip("netns", "add", name);
  try {
    await ip("-n", name, "link", "set", "lo", "up");
    await fn(name);
  } finally {
    await ip("netns", "del", name);
  }
}
