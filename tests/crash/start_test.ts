// What the program says, in one sentence, where its state folder or its database cannot be used.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { runProgram, startProgram, withHome } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { SmallDisk } from "../support/small_disk.ts";

const KIB = 1024;
const PAGE = 8 * KIB;
const GROUP = `test-${crypto.randomUUID().slice(0, 8)}`;
const HERE = ["--group", GROUP, "--interface", "lo"];

/** Starts the program on a state folder; it ends with exit code 1 and one sentence like this. */
async function assertRefused(env: Record<string, string>, state: string, why: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runProgram(["run", ...HERE, "--state", state], { env });
  assertEquals([code, stdout], [1, ""], stderr);
  assertMatch(stderr, /^earshot: The .*\n$/, "one sentence");
  assertMatch(stderr, why);
  assert(stderr.includes(state), stderr);
}

Deno.test("a state folder that is none, or a database that is a folder, is told at the start", () =>
  withHome(async ({ path, env }) => {
    const file = join(path, "file");
    await Deno.writeTextFile(file, "");
    await assertRefused(env, file, /cannot be used .*--state/);
    const state = join(path, "odd");
    await Deno.mkdir(join(state, "earshot.db"), { recursive: true });
    await assertRefused(env, state, /earshot\.db cannot be opened/);
  }));

Deno.test(
  "a disk that is full or read-only is told at the start",
  { ignore: lacks("lan") },
  () =>
    withHome(async ({ path, env }) => {
      const state = join(path, "disk");
      for (const free of [0, 4, 16, 64]) {
        using disk = new SmallDisk(state, "size=512k");
        disk.fill(free * KIB);
        await assertRefused(env, state, /make room/);
      }
      using _disk = new SmallDisk(state, "ro");
      await assertRefused(env, state, /make it writable/);
    }),
);

Deno.test("a damaged database is told at the start, by every command, and left as it is", () =>
  withHome(async ({ path, env }) => {
    const random = new SeededRandom();
    const state = join(path, "damaged");
    {
      await using program = startProgram(["run", "--json", ...HERE, "--state", state], { env });
      await program.waitForEvent("ready");
      await program.stop();
    }
    const database = join(state, "earshot.db");
    // A program that ended in haste has left its last pages in the log.
    new DatabaseSync(database).close();
    const bytes = await Deno.readFile(database);
    for (let page = PAGE; page < bytes.length; page += PAGE) bytes.set(random.bytes(300), page);
    await Deno.writeFile(database, bytes);
    await assertRefused(env, state, /is damaged .*restore it from a copy/);
    for (const args of [["peers"], ["say", "hi"], ["known"]]) {
      const { code, stderr } = await runProgram([...args, ...HERE, "--state", state], { env });
      assertEquals(code, 1);
      assertMatch(stderr, /^earshot: The database .* is damaged .*\n$/);
    }
    assertEquals(await Deno.readFile(database), bytes);
  }));
