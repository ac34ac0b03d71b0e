import { join } from "../../platform/std_path.ts";
import { unusableState } from "../../platform/lock.ts";
import { UserError } from "../../platform/user_error.ts";
import { endGroup } from "./program.ts";

/** How far the start of a process, as the system tells it, may be from what was noted, milliseconds. */
const START_TOLERANCE_MS = 3_000;

/** A program that runs for a cursor. */
interface Noted {
  readonly pid: number;
  /** When it was started, milliseconds since 1970. */
  readonly at: number;
}

/**
 * The exclusive right to a cursor. The system releases it when the process ends, even after a crash; programs that it
 * left running are ended by the next holder, because it runs them again. One that was started just before the crash may
 * not be noted, and runs on.
 */
export class CursorLock {
  readonly #file: Deno.FsFile;
  readonly #notes: string;
  readonly #running = new Map<number, Noted>();

  private constructor(file: Deno.FsFile, notes: string) {
    this.#file = file;
    this.#notes = notes;
  }

  /**
   * Takes the lock of a cursor, and ends the programs that the last holder left running.
   *
   * @param state folder of the profile
   * @throws {UserError} another process has it, or the folder cannot be written
   */
  static async take(state: string, cursor: string): Promise<CursorLock> {
    const folder = join(state, "on");
    const name = encodeURIComponent(cursor).replaceAll("%", "+");
    try {
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = Deno.openSync(join(folder, `${name}.lock`), { write: true, create: true, mode: 0o600 });
      const notes = join(folder, `${name}.running`);
      if (!file.tryLockSync(true)) {
        file.close();
        throw new UserError(
          "Another `earshot on` with this program or label is running: end it first, or give this one a label of its own " +
            "with --as LABEL.",
        );
      }
      const lock = new CursorLock(file, notes);
      await endLeftovers(notes);
      lock.#write();
      return lock;
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw unusableState(state, error);
    }
  }

  /** Notes that a program runs. */
  started(pid: number): void {
    this.#running.set(pid, { pid, at: Date.now() });
    this.#write();
  }

  /** Notes that a program has ended. */
  ended(pid: number): void {
    if (this.#running.delete(pid)) this.#write();
  }

  /** Gives it up. */
  release(): void {
    try {
      Deno.removeSync(this.#notes);
    } catch { /* removed with its folder */ }
    this.#file.close();
  }

  #write(): void {
    try {
      Deno.writeTextFileSync(this.#notes, JSON.stringify([...this.#running.values()]), { mode: 0o600 });
    } catch { /* a full disk: then a program that a crash leaves running is not ended */ }
  }
}

/** Ends the process groups of noted programs that still run. */
async function endLeftovers(notes: string): Promise<void> {
  let noted: Noted[];
  try {
    noted = JSON.parse(Deno.readTextFileSync(notes));
  } catch {
    return;
  }
  for (const { pid, at } of noted) {
    if (Math.abs(await startOf(pid) - at) <= START_TOLERANCE_MS) endGroup(pid, "SIGKILL");
  }
}

/** Returns when the leader of a process group was started, milliseconds since 1970; NaN if there is none. */
async function startOf(pid: number): Promise<number> {
  try {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-o", "pgid=,etime=", "-p", `${pid}`],
      stderr: "null",
    }).output();
    const [group, age = ""] = new TextDecoder().decode(stdout).trim().split(/\s+/);
    const [, days = 0, hours = 0, minutes, seconds] = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(age) ?? [];
    if (Number(group) !== pid || minutes === undefined) return NaN;
    const old = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
    return Date.now() - old * 1000;
  } catch {
    return NaN;
  }
}
