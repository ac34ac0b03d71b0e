import type { KnownPeer } from "../../storage/types.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Context, expectArgs, printList, remark } from "../command.ts";
import { openHistory } from "../profile/open_history.ts";
import { oneLine, timeText } from "../terminal/text.ts";
import { fittingPeer } from "../profile/with_peer.ts";

const HOW: Record<KnownPeer["how"], string> = {
  trusted: "trusted by you",
  sent: "you sent to it by its id",
  group: "met in a closed group, the first there with this name",
  blocked: "blocked by you",
};

/** `earshot known`: lists the known peers. */
export async function run(context: Context): Promise<ExitCode> {
  expectArgs(context, 0);
  await fittingPeer(context);
  using history = await openHistory(context, context.config.inbox);
  const list = history?.known() ?? [];
  await printList(context, list, ({ name, id, how, since }) => [
    oneLine(name),
    id,
    HOW[how],
    `since ${timeText(since).slice(0, 10)}`,
  ]);
  if (list.length === 0 && !context.config.json) {
    remark(context, "No known peers yet: `earshot trust NAME` adds one.");
  }
  return ExitCode.done;
}
