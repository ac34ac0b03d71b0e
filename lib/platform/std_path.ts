// The functions of `@std/path` that Earshot uses, under their names: loading the package takes longer than the rest of
// the program, and `node:path` with all that it loads as long as a command that asks the running peer. So only Windows
// and what few commands call load it. For JSR users the import map points `@std/path` at the original.

const ofWindows = Deno.build.os === "windows" ? nodePath() : undefined;

/** Joins parts of a path, and normalizes it. */
export function join(...parts: string[]): string {
  if (ofWindows) return ofWindows.join(...parts);
  const path = parts.filter((part) => part !== "").join("/");
  if (path === "") return ".";
  const isAbsolute = path.startsWith("/");
  const steps = stepsOf(path, isAbsolute) || (isAbsolute ? "" : ".");
  const end = path.endsWith("/") && steps !== "" ? "/" : "";
  return (isAbsolute ? "/" : "") + steps + end;
}

/** Resolves parts from right to left to an absolute path. */
export function resolve(...parts: string[]): string {
  if (ofWindows) return ofWindows.resolve(...parts);
  let path = "";
  for (const part of parts.toReversed()) {
    if (part !== "") path = path === "" ? part : `${part}/${path}`;
    if (path.startsWith("/")) break;
  }
  if (!path.startsWith("/")) path = `${Deno.cwd()}/${path}`;
  return `/${stepsOf(path, true)}`;
}

/** The path of the folder that something is in. */
export function dirname(path: string): string {
  if (ofWindows) return ofWindows.dirname(path);
  const last = withoutEnd(path).lastIndexOf("/");
  if (last > 0) return last === 1 && path.startsWith("//") ? "//" : path.slice(0, last);
  return path.startsWith("/") ? "/" : ".";
}

/** The last part of a path. */
export function basename(path: string): string {
  if (ofWindows) return ofWindows.basename(path);
  const trimmed = withoutEnd(path);
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** The path that leads from one to another. */
export function relative(from: string, to: string): string {
  return nodePath().relative(from, to);
}

/** The path of a `file:` URL. */
export function fromFileUrl(url: string | URL): string {
  return process.getBuiltinModule("node:url").fileURLToPath(url);
}

/** Joins the steps of a path, without those that lead nowhere or back. */
function stepsOf(path: string, isAbsolute: boolean): string {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (!isAbsolute) steps.push(step);
  }
  return steps.join("/");
}

function withoutEnd(path: string): string {
  return path.replace(/\/+$/, "");
}

function nodePath() {
  return process.getBuiltinModule("node:path");
}
