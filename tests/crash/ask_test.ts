// An asker and an answerer that are killed again and again. EARSHOT_KILLS makes it longer.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { pollUntil } from "../support/patience.ts";
import type { Program } from "../support/program.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { type AskProgramSettings, questionId } from "./ask_program.ts";
import { startAskProgram } from "./start_peer.ts";

const KILLS = Math.ceil(Number(Deno.env.get("EARSHOT_KILLS") ?? 80) / 8);
const QUESTIONS = 12 * KILLS;
/** Longest life of a peer that is killed, milliseconds after its start. */
const LIFE_MAX = 700;

async function ready(program: Program): Promise<string> {
  await pollUntil(() => program.json().some((line) => "ready" in line), () => `ready; ${program.stderr}`);
  return program.json().find((line) => "ready" in line)!.ready as string;
}

/** Reads rows of a peer's database. */
function rows(folder: string, name: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(join(folder, name, "earshot.db"), { readOnly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

Deno.test(`an asker and an answerer that are killed ${KILLS} times have one answer for each question`, async () => {
  const random = new SeededRandom();
  const folder = await Deno.makeTempDir({ prefix: "earshot-ask-" });
  const group = `test-${crypto.randomUUID().slice(0, 8)}`;
  const runs = join(folder, "runs");
  const common = { group, folder, runs, questions: QUESTIONS };
  const answers = new Map<number, string>();
  const programs = new Set<Program>();
  const begin = (settings: AskProgramSettings) => {
    const program = startAskProgram(settings);
    programs.add(program);
    return program;
  };
  /** Notes what an asker printed: the same answer to a question, in each of its lives. */
  const note = (asker: Program) => {
    for (const { index, status, answer, json } of asker.json()) {
      if (status !== "answered") continue;
      assertEquals((json as { to: number }).to, index);
      const before = answers.get(index as number) ?? JSON.stringify([answer, json]);
      assertEquals(JSON.stringify([answer, json]), before, `question ${index} has two answers`);
      answers.set(index as number, before);
    }
  };
  try {
    let answerer = begin({ ...common, name: "bert" });
    const ask = await ready(answerer);
    const asking = (): Program => begin({ ...common, name: "anna", ask, brief: random.u32() % 2 === 0 });
    let asker = asking();
    for (let kills = 0; kills < KILLS; kills++) {
      await ready(asker);
      await new Promise((resolve) => setTimeout(resolve, random.between(0, LIFE_MAX)));
      if (random.u32() % 2 === 0) {
        await asker.stop("SIGKILL");
        note(asker);
        asker = asking();
      } else {
        await answerer.stop("SIGKILL");
        answerer = begin({ ...common, name: "bert" });
      }
    }
    await pollUntil(() => {
      note(asker);
      return answers.size === QUESTIONS;
    }, () => `${answers.size} of ${QUESTIONS} answers; ${asker.stderr}`);
    await asker.stop("SIGKILL");
    await answerer.stop("SIGKILL");
    const expected = Array.from({ length: QUESTIONS }, (_, index) => questionId(index));
    const asked = rows(
      folder,
      "bert",
      "SELECT m.id, q.answer FROM question q JOIN message m USING (row) ORDER BY m.id",
    );
    assertEquals(asked.map(({ id }) => id), expected, "each question came once");
    const replies = rows(folder, "anna", "SELECT re, m.id FROM reply JOIN message m USING (row) ORDER BY re");
    assertEquals(replies.map(({ re }) => re), expected, "each answer came once");
    assertEquals(
      replies.map(({ id }) => id),
      asked.map(({ answer }) => answer),
      "and is the one that was given",
    );
    const run = (await Deno.readTextFile(runs)).trim().split("\n").length;
    assert(run >= QUESTIONS && run <= QUESTIONS + 16 * KILLS, `programs ran ${run} times`);
  } catch (error) {
    throw new Error(`seed ${random.seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const program of programs) await program[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});
