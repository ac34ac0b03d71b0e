// A peer that lets documents wait for nobody, and withdraws them one after another: withdraw_program.ts SETTINGS (JSON, see
// WithdrawProgramSettings). Prints a line for each that is withdrawn, and ends when all are.

import { Peer } from "../../lib/mod.ts";
import { optionsOf, type PeerPlace, print } from "./peer_place.ts";

/** What such a program is told at its start. */
export interface WithdrawProgramSettings extends PeerPlace {
  /** True: they are handed in first. */
  readonly isFirst: boolean;
  readonly documents: number;
}

/** The recipient, who never comes. */
export const NOBODY = "z".repeat(24);

/** Every so many documents, one is large. */
const LARGE_EVERY = 8;

/** The id of a document. */
export function documentId(index: number): string {
  return `01WDRAW${String(index).padStart(19, "0")}`;
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run(settings: WithdrawProgramSettings): Promise<void> {
  const { isFirst, documents } = settings;
  const peer = await Peer.start(optionsOf(settings));
  if (isFirst) {
    await Promise.all(Array.from({ length: documents }, (_, index) => {
      const isLarge = index % LARGE_EVERY === 0;
      const body = new TextEncoder().encode(JSON.stringify("x".repeat(isLarge ? 70_000 : index)));
      const common = { to: [NOBODY], queue: true, id: documentId(index) };
      return peer.send(body, isLarge ? common : { ...common, stream: "s" });
    }));
  }
  print({ ready: true });
  for (let index = 0; index < documents; index++) {
    const [result] = await peer.withdraw(documentId(index), [NOBODY]);
    print({ index, status: result?.status });
  }
  await peer.close();
}
