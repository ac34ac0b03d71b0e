import { ExitCode, UserError } from "../../platform/user_error.ts";
import type { ArrivalKind } from "../../storage/types.ts";
import { aborted, type Context, Interrupted, within } from "../command.ts";
import { Arrivals } from "../on/arrivals.ts";
import { CursorLock } from "../on/cursor_lock.ts";
import { PeerLink } from "../on/peer_link.ts";
import { type Plan, planOf } from "../on/plan.ts";
import { checkProgram } from "../on/program.ts";
import { Runner } from "../on/runner.ts";
import { Visits } from "../on/visits.ts";
import { withPeer } from "../profile/with_peer.ts";

/** How long running programs may take to end after the user has ended this one, milliseconds. */
const ENDING_MS = 600;
/** How long the rest may take, milliseconds. */
const CLOSING_MS = 250;

/** `earshot on`: runs a program for each arrival. */
export async function run(context: Context): Promise<ExitCode> {
  const plan = planOf(context);
  if (plan.forgetsPlace && plan.subject !== "peer") return await giveUp(context, plan.cursor, plan.subject);
  checkProgram(plan.argv[0]);
  const lock = plan.subject === "peer" ? undefined : await CursorLock.take(context.config.state, plan.cursor);
  try {
    await work(context, plan, lock);
  } finally {
    lock?.release();
  }
  return ExitCode.done;
}

/** Gives up the place of a program, which must not be running. */
async function giveUp(context: Context, cursor: string, kind: ArrivalKind): Promise<ExitCode> {
  const lock = await CursorLock.take(context.config.state, cursor);
  try {
    const wasThere = await withPeer(context, (service) => service.forgetCursor(cursor, kind));
    if (!wasThere) {
      throw new UserError(
        "There is no such place: give the program, its arguments and the filters as they were, or its label with --as.",
      );
    }
    context.out.line("The place of this program is forgotten.");
  } finally {
    lock.release();
  }
  return ExitCode.done;
}

async function work(context: Context, plan: Plan, lock: CursorLock | undefined): Promise<void> {
  const stop = new AbortController();
  const linkStop = new AbortController();
  const runner = new Runner(context, plan, lock, stop.signal);
  const link = new PeerLink(context, linkStop.signal);
  const worker = plan.subject === "peer"
    ? new Visits(context, plan, runner, link)
    : new Arrivals(context, { ...plan, subject: plan.subject }, runner, link);
  const ended = Promise.race([aborted(context.interrupted), aborted(context.out.closed)]);
  const linked = link.run(worker);
  const working = worker.run(stop.signal);
  // Without a peer the work cannot go on either; then the link tells why.
  const worked = working.catch((error) => {
    if (error instanceof Interrupted) return linked;
    throw error;
  });
  worked.catch(() => {});
  try {
    await Promise.race([ended, linked, worked]);
  } finally {
    stop.abort();
    await within(working.catch(() => {}), ENDING_MS);
    linkStop.abort();
    await within(Promise.all([link.close(), linked.catch(() => {})]), CLOSING_MS);
    worker.close();
  }
  await working.catch((error) => {
    if (!(error instanceof Interrupted)) throw error;
  });
}
