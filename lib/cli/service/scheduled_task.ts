import type { ServiceManager, ServicePlan } from "./manager.ts";

/** Makes a scheduled task of Windows, by commands that the user types. */
export function scheduledTask({ profile, command }: ServicePlan): ServiceManager {
  const name = `earshot${profile === undefined ? "" : `-${profile}`}`;
  return {
    name,
    isRun: false,
    replace: [],
    start: [
      [
        "schtasks",
        "/Create",
        "/F",
        "/SC",
        "ONLOGON",
        "/RL",
        "LIMITED",
        "/TN",
        name,
        "/TR",
        windowsLine(command),
      ],
      ["schtasks", "/Run", "/TN", name],
    ],
    stop: [["schtasks", "/End", "/TN", name], ["schtasks", "/Delete", "/F", "/TN", name]],
    forget: [],
    status: ["schtasks", "/Query", "/TN", name],
    processOf: () => undefined,
  };
}

/** Writes a command as `cmd` takes it, and programs of Windows read it. */
export function windowsLine(command: readonly string[]): string {
  return command.map((word) => /^[\w:\\/.=,@+-]+$/.test(word) ? word : `"${quotable(word)}"`).join(" ");
}

/** Escapes quotes, and backslashes before them and before the closing one: others stand for themselves. */
function quotable(word: string): string {
  return word.replace(/(\\*)("|$)/g, (_, slashes, end) => slashes + slashes + (end && '\\"'));
}
