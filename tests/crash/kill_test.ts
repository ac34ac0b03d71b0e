// Peers that are killed again and again. EARSHOT_KILLS, EARSHOT_MESSAGES and EARSHOT_LARGEST make it longer:
// `deno task test:crash`.

import { SeededRandom } from "../support/seeded_random.ts";
import { killPeers } from "./kill.ts";

const KILLS = Number(Deno.env.get("EARSHOT_KILLS") ?? 80);
const MESSAGES = Number(Deno.env.get("EARSHOT_MESSAGES") ?? 10 * KILLS);
const SIZES = { min: 10, max: Number(Deno.env.get("EARSHOT_LARGEST") ?? 2_000_000) };

Deno.test(`peers that are killed ${KILLS} times lose no message, double none and tear none`, async () => {
  const { kills, at, damaged, messages, bytes, seconds } = await killPeers(
    { kills: KILLS, messages: MESSAGES, sizes: SIZES },
    new SeededRandom(),
  );
  const steps = Object.entries(at).map(([step, count]) => `${step} ${count}`).join(", ");
  console.log(
    `${kills} kills (${steps}), ${damaged} damaged files, ${messages} messages, ${
      (bytes / 1e6).toFixed(1)
    } MB, ${seconds.toFixed(0)} s`,
  );
});
