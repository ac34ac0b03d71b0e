import { availableParallelism, cpus, totalmem } from "node:os";

/** What the figures depend on. */
export interface Machine {
  readonly date: string;
  readonly system: string;
  readonly processor: string;
  readonly memory: string;
  readonly deno: string;
}

/** Describes this machine. */
export function machine(): Machine {
  const { os, arch } = Deno.build;
  const model = cpus()[0]?.model.trim() || "unknown processor";
  return {
    date: new Date().toISOString().slice(0, 10),
    system: `${os} ${arch}, ${Deno.osRelease()}`,
    processor: `${availableParallelism()} × ${model}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    deno: Deno.version.deno,
  };
}

/** First line that a command prints about its version; undefined if it is not there. */
export async function versionOf(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
    const decoder = new TextDecoder();
    return (decoder.decode(stdout) || decoder.decode(stderr)).split("\n")[0]!.trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
