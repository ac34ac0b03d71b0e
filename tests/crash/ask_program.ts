// A peer that asks, or answers: ask_program.ts SETTINGS (JSON, see AskProgramSettings). An asker prints a line for each
// answer, and ends when it has all; an answerer stays until it is ended.

import { Peer } from "../../lib/mod.ts";
import { optionsOf, type PeerPlace, print } from "./peer_place.ts";

/** What such a program is told at its start. */
export interface AskProgramSettings extends PeerPlace {
  /** Id of the peer to be asked; undefined: it answers. */
  readonly ask?: string;
  /** True: a short-lived asker. */
  readonly brief?: boolean;
  readonly questions: number;
  /** File to which an answerer adds a line each time that it works out an answer. */
  readonly runs: string;
}

/** Questions that it waits for at one time. */
const UNDER_WAY = 8;
/** Longest time that an answer takes, milliseconds. */
const WORK_MAX = 40;
const NEVER = 600_000;

/** The id of a question. */
export function questionId(index: number): string {
  return `01ASK${String(index).padStart(21, "0")}`;
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run(settings: AskProgramSettings): Promise<void> {
  const { ask, brief, questions, runs } = settings;
  const peer = await Peer.start({
    ...optionsOf(settings),
    brief,
    onAsk: async ({ json }) => {
      await Deno.writeTextFile(runs, `${json}\n`, { append: true });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * WORK_MAX));
      return { to: json, by: crypto.randomUUID() };
    },
  });
  print({ ready: peer.id });
  if (ask === undefined) return;
  await peer.resolve(ask, NEVER);
  let next = 0;
  await Promise.all(Array.from({ length: UNDER_WAY }, async () => {
    while (next < questions) {
      const index = next++;
      const [result] = await peer.ask(index, { to: [ask], id: questionId(index), timeout: NEVER });
      const { status, answer, json, why } = result!;
      print({ index, status, answer, json, why });
      // It was not taken in time: it is asked again.
      if (status !== "answered") next = Math.min(next, index);
    }
  }));
  await peer.close();
}
