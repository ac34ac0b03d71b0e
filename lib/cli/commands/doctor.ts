import { diagnose, readTools } from "../../doctor/doctor.ts";
import type { Finding } from "../../doctor/finding.ts";
import { checkSelection, readLinks } from "../../net/interfaces.ts";
import type { ExitCode } from "../../platform/user_error.ts";
import { type Context, expectArgs, startNoMore, unlessInterrupted } from "../command.ts";
import { awaiting, printFinding, sumUp } from "../messages/findings.ts";
import { lookAtPeer } from "../messages/look_at_peer.ts";
import { allKnown, knownPlaces } from "../profile/known_places.ts";
import { withPeer } from "../profile/with_peer.ts";
import { WaitingLine } from "../terminal/waiting_line.ts";

/** `earshot doctor`: looks for what keeps peers apart, or at one peer from both sides. */
export async function run(context: Context): Promise<ExitCode> {
  const [target] = expectArgs(context, 0, 1);
  if (target !== undefined) {
    return await withPeer(context, (service) => lookAtPeer(context, service, target));
  }
  return await unlessInterrupted(examine(context), context.interrupted);
}

async function examine(context: Context): Promise<ExitCode> {
  const { config } = context;
  checkSelection(readLinks(), config.given.interface);
  const known = await knownPlaces(context);
  const group = config.given.group ?? known.group;
  const system = await readTools({ profile: known.profile, group, interfaces: config.interface });
  // From here on it hears whatever anybody sends.
  startNoMore(context);
  const profile = { ...known.profile, roster: await allKnown(known, config.state) };
  const examined = { profile, group, interfaces: config.interface };
  using line = new WaitingLine(context);
  const print = (finding: Finding) => printFinding(context, finding);
  const findings = await diagnose(examined, system, print, awaiting(line));
  return sumUp(context, findings, "Nothing was found that keeps peers apart.");
}
