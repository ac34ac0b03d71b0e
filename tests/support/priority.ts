/**
 * A command that gives way to others: of lower priority by so much, 0 (none) to 19 (only what nobody else wants).
 * On Windows it runs as it is.
 */
export function withNiceness(niceness: number, command: string, args: readonly string[]): [string, string[]] {
  if (niceness === 0 || Deno.build.os === "windows") return [command, [...args]];
  return ["nice", ["-n", `${niceness}`, command, ...args]];
}
