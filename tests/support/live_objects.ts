import v8 from "node:v8";

/** Counts the objects of a class, and of those that extend it, that are in use anywhere in this thread. */
// deno-lint-ignore no-explicit-any
export function countLive(kind: abstract new (...args: any[]) => unknown): number {
  // It collects the garbage first.
  return (v8 as unknown as QueryObjects).queryObjects(kind, { format: "count" });
}

/** A function of `node:v8` that its types lack. */
interface QueryObjects {
  queryObjects(kind: unknown, options: { readonly format: "count" }): number;
}
