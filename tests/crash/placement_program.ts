// Uses a store as a peer would, and stops at a step of its work, to be killed there:
// placement_program.ts FOLDER STEP COUNT. Prints a line for each message that it may acknowledge, and `stopped`.

import { join } from "@std/path";
import { openStorage } from "../../lib/storage/storage.ts";
import type { Step } from "../../lib/storage/testing.ts";
import type { Incoming } from "../../lib/storage/types.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { arrivals, numberOf } from "./placement_arrivals.ts";

const [folder, step, count] = Deno.args as [string, Step, string];

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function open(testing?: { stopAt: Step; stopped: () => void }) {
  const storage = await openStorage({
    state: join(folder, "state"),
    inbox: join(folder, "inbox"),
    quota: 1e9,
    warning: (code, message) => print(`warning ${code}: ${message}`),
    clock: new FakeClock(),
    testing,
  });
  const receive = async (item: Incoming) => {
    const outcome = await storage.receive(item);
    print(`${outcome.saved ? "ack" : "nak"} ${numberOf(item)}`);
  };
  return { storage, receive };
}

const { early, late } = arrivals(Number(count));
const first = await open();
await Promise.all(early.map(first.receive));
await first.storage.close();
const second = await open({ stopAt: step, stopped: () => print("stopped") });
await Promise.all(late.map(second.receive));
await second.storage.sync();
Deno.exit(1);
