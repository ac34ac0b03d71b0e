import { exists } from "./files.ts";

/** Why an inbox folder cannot take anything, with the way out, if something else stands in its place. */
export function inboxTrouble(root: string): string | undefined {
  try {
    if (Deno.statSync(root).isDirectory) return undefined;
    return `The inbox ${root} is a file, no folder: move it away, or choose another place with --inbox`;
  } catch {
    const isLink = exists(root);
    return isLink
      ? `The inbox ${root} is a link that leads nowhere: bring back what it leads to, or remove it`
      : undefined;
  }
}
