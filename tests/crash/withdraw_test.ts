// A peer that is killed while it withdraws what waits.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { pollUntil } from "../support/patience.ts";
import type { Program } from "../support/program.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { startWithdrawProgram } from "./start_peer.ts";
import { documentId } from "./withdraw_program.ts";

const KILLS = 3;
const DOCUMENTS = 60;

/** Reads what is recorded of each document: `waits`, or its outcome. */
function standing(state: string): Map<string, string> {
  const db = new DatabaseSync(join(state, "earshot.db"), { readOnly: true });
  try {
    const rows = db.prepare(
      "SELECT id, 'waits' AS standing FROM outbox UNION ALL SELECT id, coalesce(code, status) FROM sent",
    ).all() as { id: string; standing: string }[];
    assertEquals(new Set(rows.map(({ id }) => id)).size, rows.length, "one waits and has ended");
    return new Map(rows.map(({ id, standing }) => [id, standing]));
  } finally {
    db.close();
  }
}

/** Indices of the documents that a program withdrew. */
function withdrawn(program: Program): number[] {
  return program.json().filter((line) => "index" in line).map(({ index, status }) => {
    assertEquals(status, "withdrawn");
    return index as number;
  });
}

Deno.test(`a peer that is killed ${KILLS} times while it withdraws never has again what it said it withdrew`, async () => {
  const random = new SeededRandom();
  const folder = await Deno.makeTempDir({ prefix: "earshot-withdraw-" });
  const place = { group: `test-${crypto.randomUUID().slice(0, 8)}`, folder, name: "anna" };
  const state = join(folder, "anna");
  const programs: Program[] = [];
  const begin = (isFirst: boolean) => {
    const program = startWithdrawProgram({ ...place, isFirst, documents: DOCUMENTS });
    programs.push(program);
    return program;
  };
  try {
    let done = 0;
    for (let kills = 0; kills < KILLS; kills++) {
      const program = begin(kills === 0);
      // It withdraws some more before it gets the signal.
      const until = Math.min(done + 1 + random.u32() % 12, DOCUMENTS);
      await program.waitForJson({ index: until - 1 });
      await program.stop("SIGKILL");
      const all = standing(state);
      assertEquals(all.size, DOCUMENTS);
      done = withdrawn(program).length;
      for (let index = 0; index < done; index++) assertEquals(all.get(documentId(index)), "withdrawn");
      for (const each of all.values()) assert(each === "withdrawn" || each === "waits", each);
    }
    const last = begin(false);
    await pollUntil(() => withdrawn(last).length === DOCUMENTS, () => `all withdrawn; ${last.stderr}`);
    await last.ended();
    assertEquals([...new Set(standing(state).values())], ["withdrawn"]);
  } catch (error) {
    throw new Error(`seed ${random.seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const program of programs) await program[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});
