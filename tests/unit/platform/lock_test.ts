import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/platform/user_error.ts";
import { acquireLock, type LockHolder, type StateLock } from "../../../lib/platform/lock.ts";

async function withState(fn: (state: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(`${folder}/state`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function held(lock: StateLock | LockHolder): StateLock {
  assert("release" in lock, "the lock was not to be had");
  return lock;
}

Deno.test("a state folder has one owner at a time, and others learn its process id", () =>
  withState(async (state) => {
    const lock = held(await acquireLock(state));
    assertEquals(await acquireLock(state), { pid: Deno.pid });
    lock.release();
    lock.release();
    held(await acquireLock(state)).release();
  }));

Deno.test("a state folder that cannot be used is told with the way out", () =>
  withState(async (state) => {
    Deno.writeTextFileSync(state, "");
    for (const path of [state, `${state}/below`]) {
      const { message } = await assertRejects(() => acquireLock(path), UserError);
      assert(
        message.startsWith(`The state folder ${path} cannot be used`) && message.includes("--state"),
        message,
      );
    }
    Deno.removeSync(state);
    Deno.mkdirSync(`${state}/pid`, { recursive: true });
    await assertRejects(() => acquireLock(state), UserError);
    Deno.removeSync(`${state}/pid`);
    held(await acquireLock(state)).release();
  }));

Deno.test("the state folder that a lock creates is closed to other users", {
  ignore: Deno.build.os === "windows",
}, () =>
  withState(async (state) => {
    held(await acquireLock(state)).release();
    assertEquals(Deno.statSync(state).mode! & 0o777, 0o700);
  }));

Deno.test("a wait for the lock ends when its holder gives it up", () =>
  withState(async (state) => {
    const first = held(await acquireLock(state));
    const second = acquireLock(state, 60_000);
    first.release();
    held(await second).release();
  }));

Deno.test("a wait in vain names the holder and keeps nothing", () =>
  withState(async (state) => {
    const first = held(await acquireLock(state));
    assertEquals(await acquireLock(state, 1), { pid: Deno.pid });
    first.release();
    held(await acquireLock(state, 60_000)).release();
  }));

Deno.test("a holder that is killed leaves no lock behind", () =>
  withState(async (state) => {
    const module = new URL("../../../lib/platform/lock.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--ext=ts",
        `import { acquireLock } from ${JSON.stringify(module)};
         await acquireLock(${JSON.stringify(state)}); console.log("held"); setInterval(() => {}, 1000);`,
      ],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    assertEquals(await acquireLock(state), { pid: child.pid });
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    held(await acquireLock(state)).release();
  }));
