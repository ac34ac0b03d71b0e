import { dirname } from "../platform/std_path.ts";

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;

/** The user of this process, as the file system sees it. */
export interface User {
  readonly uid: number | null;
  readonly gid: number | null;
}

/**
 * Tells why a configuration file that was found, not named by the user, must not be used: another user may have put it
 * there or may change it. Files of root are trusted; so are files of the owner of a folder that the user chose.
 *
 * @param isChosen true if the user chose its folder
 * @returns the end of a sentence; undefined if the file is trusted. Always undefined on Windows, which does not report
 *   owners
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
  // A link of another user may lead to a file of ours that was never meant as configuration.
  for (const uid of [owner, Deno.lstatSync(file).uid]) {
    if (!trusted.includes(uid!)) return `it belongs to another user (${uid})`;
  }
  if ((mode! & OTHERS_WRITE) !== 0) return "every user of this machine can write to it";
  if ((mode! & GROUP_WRITES) !== 0 && group !== user.gid) {
    return `other users (group ${group}) can write to it`;
  }
  return undefined;
}
