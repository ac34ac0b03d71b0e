import { ExitCode } from "../../platform/user_error.ts";
import { type Context, expectArgs } from "../command.ts";
import { withFullPeer } from "../profile/with_peer.ts";
import { eventPrinter } from "../terminal/events.ts";

/** `earshot run`: stays up without a prompt. */
export async function run(context: Context): Promise<ExitCode> {
  expectArgs(context, 0);
  await withFullPeer(context, ({ peer }, ended) => {
    peer.on(eventPrinter(context, peer.known()));
    return context.config.untilEof ? Promise.race([ended, endOfInput()]) : ended;
  });
  return ExitCode.done;
}

/** Resolves when standard input ends: whoever has the other end has ended, even if it was killed. */
async function endOfInput(): Promise<void> {
  try {
    for await (const _ of Deno.stdin.readable);
  } catch { /* the same as its end */ }
}
