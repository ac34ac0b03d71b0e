import { dirname, fromFileUrl, join } from "@std/path";
import { SCRIPTS } from "../../lib/cli/completion/scripts.ts";
import { unitText } from "../../lib/cli/service/systemd.ts";
import { runCommand } from "./run_command.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** The ports that the program tries for sessions, and the one of discovery. */
const [TCP_FIRST, TCP_LAST, UDP] = [3333, 3349, 3333];

/** What a Debian package is made of. */
export interface DebianOptions {
  readonly program: string;
  readonly version: string;
  /** As Debian names it: `amd64`. */
  readonly architecture: string;
  /** How hard it is compressed, 1 to 9. */
  readonly level: number;
  /** Folder that does not exist, for the time of work. */
  readonly work: string;
  readonly output: string;
}

/**
 * Makes a Debian package: the program, completions, a user unit that nobody has to enable, and what ufw and firewalld
 * have to know. It has no scripts: to install it changes nothing but files. Returns its name.
 */
export async function packDebian(
  { program, version, architecture, level, work, output }: DebianOptions,
): Promise<string> {
  const size = (await Deno.stat(program)).size;
  const read = (name: string) => Deno.readTextFile(join(ROOT, name));
  const files: Record<string, string> = {
    "DEBIAN/control": controlText(version, architecture, size),
    "DEBIAN/conffiles": "/etc/ufw/applications.d/earshot\n",
    "etc/ufw/applications.d/earshot": UFW,
    "usr/lib/firewalld/services/earshot.xml": FIREWALLD,
    "usr/lib/systemd/user/earshot.service": unitText(["/usr/bin/earshot", "run"]),
    "usr/share/bash-completion/completions/earshot": SCRIPTS.bash,
    "usr/share/zsh/vendor-completions/_earshot": SCRIPTS.zsh,
    "usr/share/fish/vendor_completions.d/earshot.fish": SCRIPTS.fish,
    "usr/share/doc/earshot/copyright": await read("LICENSE"),
    "usr/share/doc/earshot/README.md": await read("README.md"),
    "usr/share/doc/earshot/MANUAL.md": await read("MANUAL.md"),
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(work, path)), { recursive: true });
    await Deno.writeTextFile(join(work, path), text);
  }
  await Deno.mkdir(join(work, "usr/bin"));
  await Deno.copyFile(program, join(work, "usr/bin/earshot"));
  await Deno.chmod(join(work, "usr/bin/earshot"), 0o755);
  await runCommand("chmod", ["-R", "u=rwX,go=rX", work]);
  const name = `earshot_${version}_${architecture}.deb`;
  const args = ["--root-owner-group", "-Zgzip", `-z${level}`, "--build", work, join(output, name)];
  const { code } = await runCommand("dpkg-deb", args, { stderr: "inherit" });
  await Deno.remove(work, { recursive: true });
  if (code !== 0) throw new Error(`dpkg-deb: exit code ${code}`);
  return name;
}

const controlText = (version: string, architecture: string, bytes: number) =>
  `Package: earshot
Version: ${version}
Architecture: ${architecture}
Maintainer: Earshot <earshot@localhost>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: libc6
Section: net
Priority: optional
Description: chat and JSON documents among the peers of a network
 Programs on one network find each other, chat, and hand over JSON documents
 that are safely on disk when the sender is told so. There is no server, and
 everything between two peers is encrypted.
`;

const UFW = `[earshot]
title=Earshot
description=Chat and JSON documents among the peers of a network
ports=${TCP_FIRST}:${TCP_LAST}/tcp|${UDP}/udp
`;

const FIREWALLD = `<?xml version="1.0" encoding="utf-8"?>
<service>
  <short>Earshot</short>
  <description>Chat and JSON documents among the peers of a network</description>
  <port protocol="tcp" port="${TCP_FIRST}-${TCP_LAST}"/>
  <port protocol="udp" port="${UDP}"/>
</service>
`;
