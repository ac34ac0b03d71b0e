// A peer that hands over messages of a workload as it is told, and is killed now and then:
// peer_program.ts SETTINGS (JSON, see PeerProgramSettings). Takes a line `TO INDEX ...` for each batch, prints a line for
// the end of each message, and ends in good order when its input and what it was told do.

import { Peer } from "../../lib/mod.ts";
import type { Step } from "../../lib/storage/testing.ts";
import { fastClock } from "../support/fast_clock.ts";
import { optionsOf, type PeerPlace, print } from "./peer_place.ts";
import { handIn, type Sizes, Workload } from "./workload.ts";

/** What such a program is told at its start. */
export interface PeerProgramSettings extends PeerPlace {
  readonly seed: number;
  readonly sizes: Sizes;
  /** Times the machine's clock; 1. */
  readonly speed?: number;
  /** Where its store stands still. */
  readonly stop?: { readonly step: Step; readonly passes: number };
}

/** Messages that it waits for at one time. */
const UNDER_WAY = 16;
const NEVER = 1e9;

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run(settings: PeerProgramSettings): Promise<void> {
  const { seed, sizes, speed = 1, stop } = settings;
  const work = new Workload(seed, sizes);
  const peer = await Peer.start({
    ...optionsOf(settings),
    clock: fastClock(speed),
    testing: {
      storage: stop && {
        stopAt: stop.step,
        passes: stop.passes,
        stopped: (step) => print({ stopped: step }),
      },
    },
    onEvent: (event) => event.event === "warning" && print({ warning: event.code, message: event.message }),
  });
  print({ ready: peer.id });
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;
  let idle = Promise.withResolvers<void>();
  const next = () => {
    while (running < UNDER_WAY && waiting.length > 0) {
      running++;
      void waiting.shift()!().then(() => {
        running--;
        next();
      });
    }
    if (running === 0) idle.resolve();
  };
  for await (const line of lines(Deno.stdin.readable)) {
    const [to, ...indices] = line.split(" ");
    idle = Promise.withResolvers();
    for (const index of indices) {
      waiting.push(async () => {
        const { status, why } = await handIn(peer, to!, work.item(Number(index)), NEVER);
        print({ index: Number(index), status, why });
      });
    }
    next();
  }
  if (running > 0) await idle.promise;
  await peer.close();
}

async function* lines(input: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of input.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
