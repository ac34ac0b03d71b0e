import { join } from "../../platform/std_path.ts";
import type { ServiceManager, ServicePlaces, ServicePlan } from "./manager.ts";

/** Makes a unit of the user's own systemd. */
export function systemd({ profile, command }: ServicePlan, { home, env }: ServicePlaces): ServiceManager {
  const name = `earshot${profile === undefined ? "" : `-${profile}`}.service`;
  const userctl = (...args: string[]) => ["systemctl", "--user", ...args];
  return {
    name,
    file: {
      path: join(env("XDG_CONFIG_HOME") ?? join(home, ".config"), "systemd", "user", name),
      content: unitText(command, profile),
    },
    isRun: true,
    replace: [],
    start: [userctl("daemon-reload"), userctl("enable", name), userctl("restart", name)],
    stop: [userctl("disable", "--now", name)],
    forget: [userctl("daemon-reload")],
    status: userctl("show", "--property=MainPID", name),
    processOf: (output) => Number(/^MainPID=([1-9]\d*)$/m.exec(output)?.[1]) || undefined,
    hint: "It starts when you log in. `loginctl enable-linger` lets it start with the machine.",
  };
}

/** Writes the unit. A command line that is wrong stays so: it is not started again. */
export function unitText(command: readonly string[], profile?: string): string {
  // In the path of a program systemd takes no quote and no backslash, and a dollar sign in another way.
  const words = /["'\\$]/.test(command[0]!) ? ["/usr/bin/env", ...command] : command;
  return `[Unit]
Description=Earshot: chat and JSON documents among the peers of this network${
    profile === undefined ? "" : ` (${profile})`
  }

[Service]
ExecStart=${words.map(quoted).join(" ")}
Restart=on-failure
RestartSec=3
RestartPreventExitStatus=2
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
}

/** Quotes a word, so that systemd expands nothing in it. */
function quoted(word: string): string {
  const text = word.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${text.replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;
}
