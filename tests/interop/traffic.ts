// What boards and the program have exchanged, read from where it has come to lie.

import { assert, assertEquals } from "@std/assert";
import type { Program } from "../support/program.ts";
import type { LabHost } from "../lan/lab.ts";
import type { Board } from "./board.ts";

/** Member `n` of each line of a stream that came from a sender, in the order of its file. */
export function streamed(host: LabHost, sender: string, stream: string): number[] {
  const files = Object.entries(host.received(sender)).filter(([name]) => name.startsWith(stream));
  return files.flatMap(([, text]) => text.split("\n").filter(Boolean)).map((line) => JSON.parse(line).n);
}

/** The numbers from 0 to just below `count`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** Waits until a running program has received as many lines of a stream, and that each came once, in order. */
export async function allStreamed(
  program: Program,
  host: LabHost,
  from: string,
  stream: string,
  count: number,
): Promise<void> {
  while (streamed(host, from, stream).length < count) await program.waitForEvent("document", { stream });
  assertEquals(streamed(host, from, stream), upTo(count));
}

/** A document of so many bytes that is like no other. */
export function unique(size: number): string {
  const id = crypto.randomUUID();
  return size < 40 ? JSON.stringify(id).slice(0, size - 1) + '"' : JSON.stringify(id + "x".repeat(size - 38));
}

/** Holds what lies in a board's storage against what was sent to it: each once, byte for byte. */
export function assertStored(board: Board, sent: readonly string[]): void {
  const stored = board.contents().toSorted();
  const wanted = sent.toSorted();
  const lengths = (texts: string[]) => texts.map(({ length }) => length);
  assertEquals(lengths(stored), lengths(wanted));
  assert(stored.every((text, index) => text === wanted[index]), "a document is not what was sent");
}
