import { join } from "@std/path";

/** Where one profile keeps its things. */
export interface ProfilePaths {
  /** Folder of identity, database and lock. */
  readonly state: string;
  /** Folder that received documents are placed in. */
  readonly inbox: string;
}

/**
 * The platform's own places: `$XDG_STATE_HOME/earshot`, `~/Library/Application Support/earshot`,
 * `%LOCALAPPDATA%\earshot`; `EARSHOT_STATE` overrules all of them. A named profile gets folders of its own beside the
 * default ones.
 *
 * @param profile 1 to 32 of `a-z A-Z 0-9 - _`, or undefined for the default profile
 */
export function profilePaths(
  profile: string | undefined,
  os: typeof Deno.build.os = Deno.build.os,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name) || undefined,
): ProfilePaths {
  const home = env(os === "windows" ? "USERPROFILE" : "HOME") ?? ".";
  const suffix = profile === undefined ? "" : `-${profile}`;
  const base = env("EARSHOT_STATE") ??
    (os === "windows"
      ? join(env("LOCALAPPDATA") ?? join(home, "AppData", "Local"), "earshot")
      : os === "darwin"
      ? join(home, "Library", "Application Support", "earshot")
      : join(env("XDG_STATE_HOME") ?? join(home, ".local", "state"), "earshot"));
  return { state: base + suffix, inbox: join(home, `earshot-inbox${suffix}`) };
}
