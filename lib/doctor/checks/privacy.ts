import { type Check, unknown } from "../finding.ts";

/** Tells what macOS and Windows decide where no program can see it. */
export const privacy: Check = {
  name: "privacy",
  title: "what the system allows and does not tell: Local Network on macOS, the network profile on Windows",
  systems: ["darwin", "windows"],
  look({ os }) {
    if (os === "darwin") {
      return unknown(
        "Whether this program may use the local network cannot be seen from here.",
        "Look at System Settings → Privacy & Security → Local Network: your terminal (or Earshot) has to be switched on.",
        'open "x-apple.systempreferences:com.apple.preference.security?Privacy_LocalNetwork"',
      );
    }
    return unknown(
      "Whether Windows takes this network for public cannot be seen from here.",
      "Look at Settings → Network & internet → the network → Network profile type: it has to be private.",
      "Get-NetConnectionProfile",
    );
  },
};
