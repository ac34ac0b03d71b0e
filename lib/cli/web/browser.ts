import { join } from "../../platform/std_path.ts";
import { writeFileAtomic } from "../../platform/atomic_write.ts";

/** How long the file that leads to the page stays, milliseconds. */
const LEAD_MS = 60_000;

/** A program that shows a file as the desktop would, with its first arguments. */
type Opener = readonly [string, ...string[]];

const OPENERS: Readonly<Partial<Record<typeof Deno.build.os, Opener>>> = {
  linux: ["xdg-open"],
  freebsd: ["xdg-open"],
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Tells whether this process belongs to somebody who sits before a display. */
export function hasDisplay(): boolean {
  const { os } = Deno.build;
  if (os === "windows") return true;
  if (os === "darwin") return !Deno.env.get("SSH_CONNECTION");
  return Boolean(Deno.env.get("DISPLAY") || Deno.env.get("WAYLAND_DISPLAY"));
}

/** A browser that was asked to show the page. */
export interface OpenedBrowser {
  /** Resolves to false if the system has no browser, or could not start it. */
  readonly opened: Promise<boolean>;
  /** Removes the file that led there. */
  forget(): void;
}

/**
 * Opens the browser of the user, who may go on using it after this process has ended. Needs `--allow-run`.
 *
 * The address has a secret, and everybody on a machine can see the arguments of its programs: so the browser is given a
 * file that only its user can read, and that leads to the address.
 *
 * @param folder where that file may lie for a minute; a browser that is confined sees no hidden folders
 * @param opener of this system unless told
 */
export function openBrowser(
  url: string,
  folder: string,
  opener: Opener = OPENERS[Deno.build.os] ?? ["xdg-open"],
): OpenedBrowser {
  // Another page of this machine has another port, or another address.
  const path = join(folder, `.earshot-web-${new URL(url).host.replaceAll(/[^\w.-]/g, "_")}.html`);
  const forget = () => {
    clearTimeout(timer);
    try {
      Deno.removeSync(path);
    } catch { /* it is gone already */ }
  };
  const timer = setTimeout(forget, LEAD_MS);
  const open = async () => {
    const [program, ...args] = opener;
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileAtomic(path, leadingTo(url));
    // In a group of its own Ctrl-C does not reach it.
    const child = new Deno.Command(program, {
      args: [...args, path],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: Deno.build.os !== "windows",
    }).spawn();
    child.unref();
    return (await child.status).success;
  };
  return { opened: open().catch(() => false), forget };
}

function leadingTo(url: string): string {
  return `<!DOCTYPE html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url=${url}">
<title>Earshot</title>
<p><a href="${url}">Earshot</a></p>
`;
}
