/** How {@linkcode runCommand} runs a command. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Its whole environment; that of this process unless given. */
  readonly env?: Readonly<Record<string, string>>;
  /** What becomes of its standard error; `inherit` unless told. */
  readonly stderr?: "inherit" | "null";
  /** By how much its priority is lowered, 0 (not at all) to 19 (it gets what nobody else wants). Not on Windows. */
  readonly niceness?: number;
  /** Ends it once it has written nothing to standard output for so long, milliseconds. */
  readonly silenceMax?: number;
  /** Takes its standard output as it comes. */
  readonly onOutput?: (chunk: Uint8Array) => void;
}

/**
 * Runs a command to its end, with an empty input. Gives all of its standard output.
 *
 * @throws {Deno.errors.NotFound} there is no such command (exit code 127 instead where its priority is lowered)
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, stderr = "inherit", niceness = 0, silenceMax, onOutput }: CommandOptions = {},
): Promise<{ output: string; code: number }> {
  const nice = niceness > 0 && Deno.build.os !== "windows" ? ["nice", "-n", `${niceness}`] : [];
  const [program, ...rest] = [...nice, command, ...args];
  const silent = new AbortController();
  const child = new Deno.Command(program!, {
    args: rest,
    cwd,
    env,
    clearEnv: env !== undefined,
    stdin: "null",
    stdout: "piped",
    stderr,
    signal: silent.signal,
  }).spawn();
  const watch = () => silenceMax === undefined ? undefined : setTimeout(() => silent.abort(), silenceMax);
  let timer = watch();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    clearTimeout(timer);
    timer = watch();
    onOutput?.(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { code } = await child.status;
  clearTimeout(timer);
  return { output, code };
}
