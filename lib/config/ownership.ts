import { dirname } from "@std/path";

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;

/** The user that this process is to the file system. */
export interface User {
  readonly uid: number | null;
  readonly gid: number | null;
}

/**
 * Tells why a configuration file that was only found, not named, must not be obeyed: somebody else may have put it there, or
 * may change it. What belongs to root is as good as one's own, and what belongs to the owner of a folder that the user
 * chose is as good as that folder.
 *
 * @param isChosen the user chose its folder
 * @returns the end of a sentence; undefined if it can be obeyed. Windows tells no owners.
 */
export function distrust(
  file: string,
  isChosen: boolean,
  user: User = { uid: Deno.uid(), gid: Deno.gid() },
): string | undefined {
  if (user.uid === null) return undefined;
  const { uid: owner, gid: group, mode } = Deno.statSync(file);
  const trusted = [user.uid, 0];
  if (isChosen) trusted.push(Deno.statSync(dirname(file)).uid!);
  // A link of somebody else may lead to a file of ours that was never meant.
  for (const uid of [owner, Deno.lstatSync(file).uid]) {
    if (!trusted.includes(uid!)) return `it belongs to another user (${uid})`;
  }
  if ((mode! & OTHERS_WRITE) !== 0) return "every user of this machine can write to it";
  if ((mode! & GROUP_WRITES) !== 0 && group !== user.gid) {
    return `other users (group ${group}) can write to it`;
  }
  return undefined;
}
