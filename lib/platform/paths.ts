import { join } from "./std_path.ts";
import { ExitCode, UserError } from "./user_error.ts";

/** Folders of one profile. */
export interface ProfilePaths {
  /** Folder of identity, database and lock. */
  readonly state: string;
  /** Folder that received documents are placed in. */
  readonly inbox: string;
}

/** The environment that determines folders. */
export interface Places {
  readonly os: typeof Deno.build.os;
  /** An environment variable, undefined if it is missing or empty. */
  readonly env: (name: string) => string | undefined;
  /** The home folder in the system's record of this user's account. */
  readonly accountHome: () => string | undefined;
}

/** The places of this machine and user. */
export const systemPlaces: Places = {
  os: Deno.build.os,
  env: (name) => Deno.env.get(name) || undefined,
  accountHome,
};

/** Returns the home folder: `HOME` (`USERPROFILE` on Windows), else the account's. A relative path is ignored. */
export function homeFolder({ os, env, accountHome }: Places = systemPlaces): string | undefined {
  return absolute(env(homeVariable(os)), os) ?? absolute(accountHome(), os);
}

/**
 * Returns the folders of a profile: `$XDG_STATE_HOME/earshot`, `~/Library/Application Support/earshot`, or
 * `%LOCALAPPDATA%\earshot`; `EARSHOT_STATE` overrides them. A named profile has folders of its own beside the default
 * ones. Without a home, the inbox is in the folder that `EARSHOT_STATE` names.
 *
 * @param profile 1 to 32 of `a-z A-Z 0-9 - _`, or undefined for the default profile
 * @returns paths, each of which throws a {@linkcode UserError} if it needs a home and there is none
 */
export function profilePaths(profile: string | undefined, places: Places = systemPlaces): ProfilePaths {
  const { os, env } = places;
  const suffix = profile === undefined ? "" : `-${profile}`;
  const home = () => homeFolder(places) ?? noHome(os);
  const given = env("EARSHOT_STATE");
  const named = given && expandPath("EARSHOT_STATE", given, places);
  return {
    get state() {
      const base = named ??
        (os === "windows"
          ? join(absolute(env("LOCALAPPDATA"), os) ?? join(home(), "AppData", "Local"), "earshot")
          : os === "darwin"
          ? join(home(), "Library", "Application Support", "earshot")
          : join(absolute(env("XDG_STATE_HOME"), os) ?? join(home(), ".local", "state"), "earshot"));
      return base + suffix;
    },
    get inbox() {
      if (named && homeFolder(places) === undefined) return join(named + suffix, "inbox");
      return join(home(), `earshot-inbox${suffix}`);
    },
  };
}

/**
 * Expands a path written by a user: a `~` at its beginning becomes the home. Nothing else is expanded.
 *
 * @param what name of the path in the error
 * @throws {UserError} if it contains a variable or another user's home, or there is no home
 */
export function expandPath(what: string, path: string, places: Places = systemPlaces): string {
  const variable = /\$(?:\{[^}]*\}|[A-Za-z_]\w*)/.exec(path)?.[0] ??
    (places.os === "windows" ? /%\w+%/.exec(path)?.[0] : undefined);
  if (variable !== undefined) {
    throw new UserError(
      `${what} "${path}" has the variable ${variable}, and Earshot reads none in paths: write the path out; ` +
        '"~" at its beginning is your home.',
      ExitCode.usage,
    );
  }
  const [, user, rest] = /^~([^/\\]*)(.*)$/.exec(path) ?? [];
  if (rest === undefined) return path;
  if (user !== "") {
    throw new UserError(
      `${what} "${path}" begins with another user's home: write the path out, or "./${path}" for a folder of that name.`,
      ExitCode.usage,
    );
  }
  const home = homeFolder(places) ?? noHome(places.os);
  return rest === "" ? home : join(home, rest);
}

/** Tells whether a path names a file that is open already, as a shell gives one for `<(PROGRAM)`. */
export function isOpenAlready(path: string): boolean {
  return /^\/(?:dev|proc\/[^/]+)\/fd\//.test(path);
}

function homeVariable(os: typeof Deno.build.os): string {
  return os === "windows" ? "USERPROFILE" : "HOME";
}

function absolute(path: string | undefined, os: typeof Deno.build.os): string | undefined {
  const pattern = os === "windows" ? /^(?:[A-Za-z]:[\\/]|\\\\)/ : /^\//;
  return path !== undefined && pattern.test(path) ? path : undefined;
}

function noHome(os: typeof Deno.build.os): never {
  throw new UserError(
    `This user has no home folder, neither in ${
      homeVariable(os)
    } nor in the system's accounts: set EARSHOT_STATE ` +
      "to a folder for identity, database and inbox, or name two with --state and --inbox.",
    ExitCode.usage,
  );
}

/** Returns the home that the system reports, which asks the environment first. */
function accountHome(): string | undefined {
  const name = homeVariable(Deno.build.os);
  const value = Deno.env.get(name);
  Deno.env.delete(name);
  try {
    return process.getBuiltinModule("node:os").homedir() ?? undefined;
  } finally {
    if (value !== undefined) Deno.env.set(name, value);
  }
}
