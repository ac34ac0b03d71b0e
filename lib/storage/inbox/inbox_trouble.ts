import { explain, refusedFolder } from "../../platform/trouble.ts";
import { exists } from "../files/file_access.ts";

/** Why an inbox folder cannot take anything, with the way out, if something else stands in its place. */
export function inboxTrouble(root: string): string | undefined {
  try {
    if (Deno.statSync(root).isDirectory) return undefined;
    return `The inbox ${root} is a file, no folder: move it away, or choose another place with --inbox`;
  } catch (error) {
    if (!isLinkToNowhere(root, error)) return troubleAt(root, error);
    return `The inbox ${root} is a link that leads nowhere: bring back what it leads to, or remove it`;
  }
}

function isLinkToNowhere(root: string, error: unknown): boolean {
  if (error instanceof Deno.errors.FilesystemLoop) return true;
  return error instanceof Deno.errors.NotFound && exists(root);
}

/** One that is not there yet is made when something comes. */
function troubleAt(root: string, error: unknown): string | undefined {
  const refused = refusedFolder(root, error);
  if (refused instanceof Deno.errors.NotFound) return undefined;
  return `The inbox ${root} cannot be used ${explain(refused, "choose another place with --inbox")}`;
}
