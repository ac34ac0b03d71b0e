import { join } from "@std/path";
import { TIMEOUT } from "../support/patience.ts";
import {
  homeEnv,
  type Program,
  type ProgramOptions,
  type ProgramResult,
  runProgram,
  startProgram,
} from "../support/program.ts";
import { programLine, type ShellOptions, Terminal, type TerminalOptions } from "../support/tmux.ts";

/** First of the TCP ports of these tests; each machine has 16, so that they also leave alone what runs on 3333. */
let nextPort = 21_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 20_000;

/** Somebody's machine: a home of its own, on the loopback interface, in a group that only this test is in. */
export class Host {
  /** What every command line of this machine begins with. */
  readonly options: readonly string[];
  readonly env: Record<string, string>;

  /** @param group null: that of the state folder, or the default one */
  constructor(readonly name: string, readonly home: string, group: string | null) {
    const port = nextPort += 20;
    const inGroup = group === null ? [] : ["--group", group];
    this.options = ["--interface", "lo", "--port", `${port}`, ...inGroup];
    this.env = homeEnv(home);
  }

  /** Starts a command. */
  start(args: readonly string[], options: ProgramOptions = {}): Program {
    return startProgram(this.#line(args), { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options: ProgramOptions & { input?: string } = {}): Promise<ProgramResult> {
    return runProgram(this.#line(args), { ...options, env: { ...this.env, ...options.env } });
  }

  /** Starts `run --json` and waits until it is ready. */
  async up(...args: string[]): Promise<Program> {
    const program = this.start(["run", "--json", ...args]);
    await program.waitForEvent("ready");
    return program;
  }

  /** Opens a terminal with a command in it. */
  terminal(args: readonly string[] = [], options: Omit<TerminalOptions, "env"> = {}): Promise<Terminal> {
    return Terminal.open(this.#line(args), { env: this.env, ...options });
  }

  /** Opens a terminal with a shell in it, in which `earshot` is the program of this machine. */
  async shell(options: Omit<ShellOptions, "env"> = {}): Promise<Terminal> {
    const script = await this.file("earshot", `#!/bin/sh\nexec ${programLine(this.options)} "$@"\n`);
    await Deno.chmod(script, 0o755);
    return await Terminal.shell({
      env: { ...this.env, PATH: `${this.home}:${Deno.env.get("PATH")}` },
      ...options,
    });
  }

  /** Writes a file into the home and gives its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.home, name);
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return path;
  }

  /** The names of what came in from `sender`. */
  received(sender: string): string[] {
    try {
      return [...Deno.readDirSync(join(this.home, "earshot-inbox", sender))].map((entry) => entry.name)
        .toSorted();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  #line(args: readonly string[]): string[] {
    return [...this.options, ...args];
  }
}

/** Makes machines with these names, in one group of their own unless told, hands them to `fn`, and removes their homes afterwards. */
export async function withHosts(
  names: readonly string[],
  fn: (...hosts: Host[]) => Promise<void>,
  group: string | null = `test-${crypto.randomUUID().slice(0, 8)}`,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-cli-" });
  try {
    const hosts = [];
    for (const name of names) {
      const home = join(folder, name);
      await Deno.mkdir(join(home, "state"), { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(
        join(home, "state", "earshot.jsonc"),
        JSON.stringify({ name, timeout: TIMEOUT / 1000 }),
      );
      hosts.push(new Host(name, home, group));
    }
    await fn(...hosts);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The id of a machine's peer; a new one gets its identity. */
export async function idOf(host: Host): Promise<string> {
  return JSON.parse((await host.run(["id", "--json"])).stdout).id;
}

/** Waits until each of the running peers has seen each of the others. */
export async function meet(peers: Readonly<Record<string, Program>>): Promise<void> {
  for (const [name, program] of Object.entries(peers)) {
    for (const other of Object.keys(peers)) {
      if (other !== name) await program.waitForEvent("peer", { state: "up", name: other });
    }
  }
}
