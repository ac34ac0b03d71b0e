import { ExitCode } from "../../platform/user_error.ts";
import { type Context, expectArgs, jsonLine } from "../command.ts";
import { decide, type Decision } from "../messages/decide.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { withPeer } from "../profile/with_peer.ts";
import { oneLine } from "../terminal/text.ts";

/** Output of the commands about one peer. */
const DONE: Record<Decision, string> = { trust: "Trusted", forget: "Forgotten", block: "Blocked" };

/** `earshot trust`, `forget` and `block`: decide about one peer, given by name, id, or the beginning of an id. */
export async function run(context: Context): Promise<ExitCode> {
  const { command, json } = context.config;
  const decision = command.name as Decision;
  const [target] = expectArgs(context, 1);
  const peer = await withPeer(
    context,
    (service) => decide(service, decision, target!, () => rememberedPeers(context)),
  );
  const text = `${DONE[decision]}: ${oneLine(peer.name)} (${peer.id}).`;
  context.out.line(json ? jsonLine({ id: peer.id, name: peer.name }) : text);
  return ExitCode.done;
}
