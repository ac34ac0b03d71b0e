import type { KnownPeer } from "../../storage/types.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Command, expectArgs, jsonLine, remark } from "../command.ts";
import { openHistory } from "../profile/open_history.ts";
import { timeText } from "../inbox/list.ts";
import { table } from "../terminal/table.ts";
import { oneLine } from "../terminal/text.ts";
import { fittingPeer } from "../profile/with_peer.ts";

const HOW: Record<KnownPeer["how"], string> = {
  trusted: "trusted by you",
  sent: "you sent to it by its id",
  group: "met in a closed group, the first there with this name",
  blocked: "blocked by you",
};

/** `earshot known`: whom this profile knows. */
export const known: Command = {
  name: "known",
  usage: "",
  summary: "whom I know, and why",
  options: [],
  async run(context) {
    expectArgs(context, 0);
    await fittingPeer(context);
    using history = await openHistory(context, context.config.inbox);
    const list = history?.known() ?? [];
    if (context.config.json) { for (const peer of list) context.out.line(jsonLine(peer)); }
    else {
      const rows = list.map((peer) => [
        oneLine(peer.name),
        peer.id,
        HOW[peer.how],
        `since ${timeText(peer.since).slice(0, 10)}`,
      ]);
      for (const line of table(rows)) context.out.line(line);
      if (list.length === 0) remark(context, "Nobody yet. `earshot trust NAME` makes somebody known.");
    }
    return ExitCode.done;
  },
};
