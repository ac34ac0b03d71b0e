import { join } from "../../platform/std_path.ts";
import type { ServiceManager, ServicePlaces, ServicePlan } from "./manager.ts";

/** Makes a launch agent of macOS. */
export function launchd({ profile, command }: ServicePlan, { home, uid }: ServicePlaces): ServiceManager {
  const name = `earshot${profile === undefined ? "" : `.${profile}`}`;
  const path = join(home, "Library", "LaunchAgents", `${name}.plist`);
  const log = join(home, "Library", "Logs", `${name}.log`);
  return {
    name,
    file: { path, content: plistText(name, command, log) },
    isRun: true,
    // It refuses to start what it has already.
    replace: [["launchctl", "bootout", `gui/${uid}/${name}`]],
    start: [["launchctl", "bootstrap", `gui/${uid}`, path]],
    stop: [["launchctl", "bootout", `gui/${uid}/${name}`]],
    forget: [],
    status: ["launchctl", "print", `gui/${uid}/${name}`],
    processOf: (output) => Number(/^\s*pid = (\d+)$/m.exec(output)?.[1]) || undefined,
    hint: `It starts when you log in. What it says goes to ${log}.`,
  };
}

function plistText(label: string, command: readonly string[], log: string): string {
  const text = (value: string) =>
    `<string>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</string>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  ${text(label)}
  <key>ProgramArguments</key>
  <array>
${command.map((word) => `    ${text(word)}`).join("\n")}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>StandardOutPath</key>
  ${text(log)}
  <key>StandardErrorPath</key>
  ${text(log)}
</dict>
</plist>
`;
}
