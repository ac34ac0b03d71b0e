import { join } from "@std/path";
import type { Bench } from "./benchmark.ts";
import { Worker } from "./worker.ts";

/** Two peers in two processes on loopback that know each other. */
export interface Pair {
  readonly asker: Worker;
  readonly answerer: Worker;
  /** Id of the answerer. */
  readonly to: string;
  readonly group: string;
  /** Folder of their states, by name. */
  readonly folder: string;
}

/** Starts a pair in a group of its own. */
export async function pairOf(bench: Bench): Promise<Pair> {
  const group = `bench-${crypto.randomUUID().slice(0, 8)}`;
  const folder = join(bench.folder, group);
  const answerer = bench.use(await Worker.start("peer.ts", "answerer", group, folder));
  const asker = bench.use(await Worker.start("peer.ts", "asker", group, folder));
  const to = answerer.ready.id;
  await asker.order("find", to);
  return { asker, answerer, to, group, folder };
}
