import { join } from "@std/path";
import { pollUntil } from "../../support/patience.ts";

/** Counts the calls of a process, all its threads, that make the system write to the disk, while something runs. */
export async function countSyncs(
  pid: number,
  folder: string,
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  const trace = join(folder, `syncs-of-${pid}`);
  const strace = new Deno.Command("strace", {
    args: [
      "-f",
      "-e",
      "trace=fsync,fdatasync,msync,sync,syncfs,sync_file_range",
      "-o",
      trace,
      "-p",
      `${pid}`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await pollUntil(async () => {
      const { stdout } = await new Deno.Command("grep", { args: ["TracerPid:", `/proc/${pid}/status`] })
        .output();
      return /[1-9]/.test(new TextDecoder().decode(stdout));
    }, () => `strace cannot trace process ${pid}`);
    await meanwhile();
  } finally {
    try {
      strace.kill("SIGINT");
    } catch { /* it has ended */ }
    await strace.status;
  }
  return Deno.readTextFileSync(trace).match(/^\d+ +\w*sync\w*\(/gm)?.length ?? 0;
}
