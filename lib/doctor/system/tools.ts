/** Output of a program of the system. */
export interface ToolOutput {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system; undefined if there is none of that name, or it does not end in time. */
export type RunTool = (program: string, ...args: readonly string[]) => Promise<ToolOutput | undefined>;

/** How long a program may take, milliseconds. */
const TOOL_MS = 3_000;

/** Runs programs of the system, also those that an ordinary user's `PATH` leaves out. Needs `--allow-run`. */
export const runTool: RunTool = async (program, ...args) => {
  const paths = [Deno.env.get("PATH"), ...(Deno.build.os === "windows" ? [] : ["/usr/sbin", "/sbin"])];
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      env: { PATH: paths.filter(Boolean).join(Deno.build.os === "windows" ? ";" : ":"), LC_ALL: "C" },
      stdin: "null",
      signal: AbortSignal.timeout(TOOL_MS),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: success, stdout: text(stdout), stderr: text(stderr) };
  } catch {
    return undefined;
  }
};

/** Runs a program that prints JSON; undefined if it fails, or prints anything else. */
export async function readJson<T>(
  run: RunTool,
  program: string,
  ...args: readonly string[]
): Promise<T | undefined> {
  const output = await run(program, ...args);
  if (!output?.ok) return undefined;
  try {
    return JSON.parse(output.stdout || "[]");
  } catch {
    return undefined;
  }
}
