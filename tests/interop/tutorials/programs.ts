import { fromFileUrl, join } from "@std/path";
import type { Lan } from "../../support/lan.ts";
import { Program, ROOT } from "../../support/program.ts";
import { lacks } from "../../support/require.ts";
import { type LabHost, lanTest } from "../../lan/lab.ts";

/** The folder of the tutorials' programs. */
const FOLDER = fromFileUrl(new URL("./", import.meta.url));

/**
 * Defines a test with programs of other people on hosts of its own. Ignored if this machine lacks the hosts or the
 * programs (see `lacks`).
 *
 * @param fn gets what starts the programs, then the hosts
 */
export function tutorialTest(
  name: string,
  hosts: readonly string[],
  fn: (programs: Programs, ...hosts: LabHost[]) => Promise<void>,
): void {
  if (lacks("programs")) return Deno.test({ name, ignore: true, fn: () => {} });
  lanTest(name, hosts, async (lan, ...hosts) => {
    await using programs = new Programs(lan);
    await fn(programs, ...hosts);
  });
}

/** Starts programs on the hosts of a lab, those in C compiled first. Dispose of it after the test. */
export class Programs implements AsyncDisposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "earshot-programs-" });
  readonly #started: Program[] = [];

  constructor(readonly lan: Lan) {}

  /** Compiles a C program of this folder and starts it. */
  async c(host: LabHost, name: string, ...args: string[]): Promise<Program> {
    const program = join(this.#folder, name);
    if (!isThere(program)) await compile(name, program);
    return this.start(host, program, ...args);
  }

  /** Starts a script of this folder with Node.js. */
  node(host: LabHost, script: string, ...args: string[]): Program {
    return this.start(host, "node", join(FOLDER, script), ...args);
  }

  /** Starts a script of this folder with Python. */
  python(host: LabHost, script: string, ...args: string[]): Program {
    return this.start(host, "python3", join(FOLDER, script), ...args);
  }

  /** Starts any command, in the home of the host; its standard input is open for {@linkcode Program.write}. */
  start(host: LabHost, ...command: string[]): Program {
    const process = this.lan.exec(host.name, command, { stdin: "piped", cwd: host.home });
    const program = new Program(process, command.join(" "), true);
    this.#started.push(program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#started) await program[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function compile(name: string, into: string): Promise<void> {
  const flags = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror"];
  const { success, stderr } = await new Deno.Command("gcc", {
    args: [...flags, "-o", into, join(FOLDER, `${name}.c`)],
    cwd: ROOT,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`${name}.c does not compile:\n${new TextDecoder().decode(stderr)}`);
}
