import process from "node:process";
import { jsonLine, jsonLines } from "./lines.ts";

/** Orders of a worker by name: each gets the order's argument and returns what is answered. */
// deno-lint-ignore no-explicit-any
export type Orders = Readonly<Record<string, (argument: any) => unknown>>;

/** What a worker answers to an order: what the order returned, and what its process used meanwhile. */
export interface Answer<T = unknown> {
  readonly value: T;
  /** Processor time of the process, all its threads; microseconds. */
  readonly cpu: number;
  /** Resident memory at the end; bytes. */
  readonly rss: number;
}

/**
 * Makes this process a worker of a benchmark: says that it is ready, and obeys orders on standard input, one after
 * another, until that ends. The order `used` tells what it used since its last answer.
 */
export async function serve(ready: unknown, orders: Orders): Promise<void> {
  let last = process.cpuUsage();
  const answer = (value: unknown, before: { user: number; system: number }) => {
    const { user, system } = process.cpuUsage(before);
    Deno.stdout.writeSync(jsonLine({ value, cpu: user + system, rss: Deno.memoryUsage().rss }));
    last = process.cpuUsage();
  };
  answer(ready, last);
  for await (const [name, argument] of jsonLines<[string, unknown]>(Deno.stdin.readable)) {
    if (name === "used") answer(null, last);
    else {
      const before = process.cpuUsage();
      answer((await orders[name]!(argument)) ?? null, before);
    }
  }
}

/** Measures rounds, one after another; returns their times in microseconds. */
export async function timeRounds(rounds: number, round: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const begin = performance.now();
    await round();
    times.push((performance.now() - begin) * 1_000);
  }
  return times;
}

/** Does `count` tasks with at most `most` under way; returns how many were done in a second. */
export async function ratePerSecond(
  count: number,
  most: number,
  task: (n: number) => Promise<void>,
): Promise<number> {
  const begin = performance.now();
  let next = 0;
  const work = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(most, count) }, work));
  return count / ((performance.now() - begin) / 1_000);
}

/** A JSON document of exactly this size, other for every number. */
export function documentOf(n: number, size = 1_024): Uint8Array {
  const head = `{"n":${n},"pad":"`;
  return new TextEncoder().encode(`${head}${"x".repeat(size - head.length - 2)}"}`);
}
