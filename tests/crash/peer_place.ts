import { join } from "@std/path";
import type { PeerOptions } from "../../lib/mod.ts";

/** Where a peer in a process of its own lives. */
export interface PeerPlace {
  readonly name: string;
  readonly group: string;
  /** Folder of all peers: each has `<name>` and `<name>-inbox` in it. */
  readonly folder: string;
}

/** Options of a peer that lives there. */
export function optionsOf({ name, group, folder }: PeerPlace): PeerOptions {
  const state = join(folder, name);
  return { name, group, port: 0, interfaces: ["lo"], state, inbox: `${state}-inbox` };
}

/** Prints a line of JSON. */
export function print(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));
}
