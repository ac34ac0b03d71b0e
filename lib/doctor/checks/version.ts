import { type Check, DEAFENING, explained, pass, warning } from "../finding.ts";

/** Looks for peers that speak another version of the protocol. */
export const version: Check = {
  name: "version",
  title: "peers with another version of the protocol",
  async look({ listening, isOwn }, found) {
    const cause = await explained(found, ...DEAFENING);
    if (cause) return cause;
    await listening.over;
    const others = listening.heard.filter(({ kind, from }) => kind === "other-version" && !isOwn(from.host));
    if (others.length === 0) return pass("Everybody who was heard speaks version 1.");
    const list = new Set(others.map(({ version, from }) => `${from.host} (version ${version})`));
    return warning(
      `Another version of Earshot is at ${[...list].slice(0, 8).join(", ")}: you cannot talk to it.`,
      "Install the same release on both machines.",
      "earshot --version",
    );
  },
};
