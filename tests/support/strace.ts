import { Program, programCommand, programEnv, ROOT } from "./program.ts";

/** A system call of a traced program. */
export interface Call {
  readonly thread: number;
  readonly name: string;
  /** Arguments and result as strace prints them, paths and addresses of file descriptors beside their numbers. */
  readonly text: string;
  /** When it began and when it was over: numbers of a common order. */
  readonly began: number;
  readonly ended: number;
}

/** Starts Earshot with its system calls of these names written to the file `trace`, those of all its threads. */
export function startTraced(
  args: readonly string[],
  trace: string,
  calls: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  // With -D the process started here is the program itself.
  const options = [
    "-D",
    "-f",
    "--seccomp-bpf",
    "-yy",
    "-s",
    "0",
    "-o",
    trace,
    "-e",
    `trace=${calls.join(",")}`,
  ];
  return new Program(
    new Deno.Command("strace", {
      args: [...options, ...programCommand(), ...args],
      cwd: ROOT,
      env: programEnv(env),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
    `(traced) ${args.join(" ")}`,
    false,
  );
}

/** Reads what strace wrote; calls in the order in which they began. Calls that never ended are left out. */
export function readTrace(path: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<number, { name: string; text: string; began: number }>();
  Deno.readTextFileSync(path).split("\n").forEach((line, at) => {
    const match = /^(\d+) +(?:<\.\.\. )?(\w+)(?:\((.*)| resumed>(.*))$/.exec(line);
    if (!match) return;
    const [, pid, name, begin, rest] = match;
    const thread = Number(pid);
    if (begin?.endsWith("<unfinished ...>")) {
      unfinished.set(thread, { name: name!, text: begin.slice(0, -"<unfinished ...>".length), began: at });
    } else if (begin !== undefined) calls.push({ thread, name: name!, text: begin, began: at, ended: at });
    else {
      const started = unfinished.get(thread);
      if (started) calls.push({ thread, ...started, text: started.text + rest, ended: at });
      unfinished.delete(thread);
    }
  });
  return calls.sort((a, b) => a.began - b.began);
}
