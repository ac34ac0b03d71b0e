import { join } from "./std_path.ts";
import { explain, foreignPart } from "./trouble.ts";
import { UserError } from "./user_error.ts";

/** How often to ask again for a lock that another process has, milliseconds. */
const LOOK_EVERY_MS = 10;

/** File with the holder's process id. It is not the locked file because Windows lets nobody read that. */
const PID_FILE = "pid";

/** The exclusive right to a state folder. The system releases it when the process ends, even after a crash. */
export interface StateLock {
  /** Gives it up. Harmless when repeated. */
  release(): void;
}

/** Process that has the lock. */
export interface LockHolder {
  /** Its process id; undefined in the instant before the holder has written it. */
  readonly pid: number | undefined;
}

/**
 * Takes the lock of a state folder, which is created (mode 0700) if it is missing.
 *
 * @param waitMs how long to wait for another holder to give it up, milliseconds
 * @throws {UserError} if the folder cannot be written
 */
export async function acquireLock(state: string, waitMs = 0): Promise<StateLock | LockHolder> {
  const pidFile = join(state, PID_FILE);
  const file = attempt(state, () => {
    Deno.mkdirSync(state, { recursive: true, mode: 0o700 });
    return Deno.openSync(join(state, "lock"), { write: true, create: true, mode: 0o600 });
  });
  if (!await lockWithin(file, waitMs)) {
    file.close();
    return { pid: readPid(pidFile) };
  }
  try {
    attempt(state, () => Deno.writeTextFileSync(pidFile, `${Deno.pid}\n`, { mode: 0o600 }));
  } catch (error) {
    file.close();
    throw error;
  }
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      try {
        Deno.removeSync(pidFile);
      } catch { /* removed with its folder */ }
      file.close();
    },
  };
}

function attempt<T>(state: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unusableState(state, error);
  }
}

/** Error for an unusable state folder, with cause and remedy. */
export function unusableState(state: string, error: unknown): UserError {
  const foreign = error instanceof Deno.errors.PermissionDenied ? foreignPart(state) : undefined;
  const message = foreign === undefined
    ? `The state folder ${state} cannot be used ${explain(error, "choose another folder with --state")}.`
    : `The state folder ${state} cannot be used because ${foreign.path} ${foreign.whose}: give it back ` +
      `(\`sudo chown -R "$USER" ${foreign.giveBack}\`), or choose another folder with --state.`;
  return new UserError(message, undefined, { cause: error });
}

/** True if the lock came within `ms`. It polls: a wait in the system cannot be cancelled. */
async function lockWithin(file: Deno.FsFile, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    if (file.tryLockSync(true)) return true;
    const left = end - performance.now();
    if (left <= 0) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, LOOK_EVERY_MS)));
  }
}

/** Returns the process that has the lock of a state folder, or had it when it ended without releasing it. */
export function lockHolder(state: string): LockHolder {
  return { pid: readPid(join(state, PID_FILE)) };
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(Deno.readTextFileSync(path));
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
