import { dirname, join } from "../../platform/std_path.ts";
import { UserError } from "../../platform/user_error.ts";
import { exists } from "../files/file_access.ts";
import type { Store } from "../tables/store.ts";

/** Most documents that are looked for to tell whether the inbox has moved to another disk. */
const LOOKS = 64;

/**
 * The disk of the inbox. One that is unmounted must not look like an inbox whose files the owner removed. The two are
 * told apart by the device of the folder, or of its nearest existing parent.
 */
export class InboxDisk {
  /** Device on which the disk is mounted; undefined if the inbox is on that of the root folder. */
  #below: number | null | undefined;

  /** @param root path of the inbox, normalized; it need not exist */
  constructor(private readonly root: string) {
    void this.isThere;
  }

  /** True if the disk is there, whether or not the inbox is. */
  get isThere(): boolean {
    const [{ device } = {}, ...parents] = devicesFrom(this.root);
    if (device === undefined || device === this.#below) return false;
    this.#below = parents.find((parent) => parent.device !== device)?.device;
    return true;
  }
}

/** The tables that tell of the disk. */
type Tables = Pick<Store, "inboxMount" | "messages">;

/**
 * Makes sure at the start that the disk of the inbox is there: what arrives would go into the folder below, and be hidden
 * by the disk later.
 *
 * @param root path of the inbox, normalized; it need not exist
 * @throws {UserError} the disk was there before, and is not mounted now
 */
export function requireDisk(tables: Tables, root: string): void {
  const missing = missingMount(tables, root);
  if (missing !== undefined) {
    throw new UserError(
      `The disk of the inbox ${root} is not there: it was mounted at ${missing}. Mount it, or choose another folder ` +
        "with --inbox.",
    );
  }
  const { inboxMount } = tables;
  const now = mountOf(root);
  if (now !== undefined || isWithin(root, inboxMount.path)) inboxMount.path = now;
}

/**
 * Returns the folder at which the disk of the inbox was mounted, if it is not now; else undefined. An inbox that was moved
 * is known by its documents.
 *
 * @param root path of the inbox, normalized; it need not exist
 */
export function missingMount(tables: Tables, root: string): string | undefined {
  const { path } = tables.inboxMount;
  if (path === undefined || !isWithin(root, path) || mountOf(path) === path) return undefined;
  return hasMoved(tables, root) ? undefined : path;
}

/** Tells whether documents are in the inbox without its disk; also if there are none that could be. */
function hasMoved({ messages }: Tables, root: string): boolean {
  const places = [
    ...messages.keptDocuments(0, LOOKS),
    ...messages.pendingFiles(0, Number.MAX_SAFE_INTEGER, LOOKS),
  ];
  return places.length === 0 || places.some(({ folderName, file }) => exists(join(root, folderName, file)));
}

function isWithin(path: string, folder: string | undefined): boolean {
  return folder !== undefined && parentsOf(path).includes(folder);
}

/** Returns the folder at which the disk of a path is mounted; undefined if it is that of the root folder. */
function mountOf(path: string): string | undefined {
  const folders = devicesFrom(path);
  return folders.find(({ device }, i) => folders[i + 1] !== undefined && folders[i + 1]!.device !== device)
    ?.path;
}

/** Lists the nearest existing folder and all above it, with their devices. */
function devicesFrom(path: string): { readonly path: string; readonly device: number | null }[] {
  const folders: { path: string; device: number | null }[] = [];
  for (const each of parentsOf(path)) {
    try {
      folders.push({ path: each, device: Deno.statSync(each).dev });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return folders;
    }
  }
  return folders;
}

/** Lists a path and all above it. */
function parentsOf(path: string): string[] {
  const parents = [];
  for (let below = ""; path !== below; [below, path] = [path, dirname(path)]) parents.push(path);
  return parents;
}
