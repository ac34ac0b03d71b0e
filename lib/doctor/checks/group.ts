import { type Check, DEAFENING, explained, pass, warning } from "../finding.ts";

/** Looks for peers of other groups where nobody of ours is. */
export const group: Check = {
  name: "group",
  title: "nobody of this group is here, but peers of another one are",
  async look({ listening, isOwn }, found) {
    const cause = await explained(found, ...DEAFENING);
    if (cause) return cause;
    await listening.over;
    const others = listening.heard.filter(({ kind, from }) => kind === "other-group" && !isOwn(from.host));
    if (others.length === 0 || listening.peers.length > 0) {
      return pass(`The group is ${listening.group ?? "unknown"}.`);
    }
    const names = new Set(
      others.map(({ announcement, from }) =>
        announcement
          ? `${announcement.name} (group ${announcement.group})`
          : `somebody at ${from.host} (a closed group)`
      ),
    );
    return warning(
      `Nobody of the group ${listening.group} was heard, but of others: ${
        [...names].slice(0, 8).join(", ")
      }.`,
      "Join the same group on both machines: show its join code there and type it here, or leave the closed group.",
      "earshot group show",
      "earshot join",
    );
  },
};
