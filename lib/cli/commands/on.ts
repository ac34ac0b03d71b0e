import { ExitCode } from "../../platform/user_error.ts";
import { aborted, type Command, type Context, Interrupted, within } from "../command.ts";
import { Arrivals } from "../on/arrivals.ts";
import { CursorLock } from "../on/cursor_lock.ts";
import { PeerLink } from "../on/peer_link.ts";
import { type Plan, planOf } from "../on/plan.ts";
import { checkProgram } from "../on/program.ts";
import { Runner } from "../on/runner.ts";
import { Visits } from "../on/visits.ts";

/** How long running programs may take to end after the user has ended this one, milliseconds. */
const ENDING_MS = 600;
/** How long the rest may take, milliseconds. */
const CLOSING_MS = 250;

/** `earshot on`: runs a program for each arrival. */
export const on: Command = {
  name: "on",
  usage: "document|chat|ask|peer -- PROGRAM [ARG ...]",
  summary: "run a program for each document, chat message, question or peer",
  details:
    "The program gets a document, a question or the text of a message as its standard input, a peer as a line of\n" +
    "JSON, and the rest in its environment: EARSHOT_EVENT, EARSHOT_ID, EARSHOT_FROM, EARSHOT_FROM_ID, EARSHOT_NAME,\n" +
    "EARSHOT_STREAM, EARSHOT_PATH, EARSHOT_SENT_AT, EARSHOT_TO, EARSHOT_RE, EARSHOT_CODE, EARSHOT_PEER_STATE.\n" +
    "It runs for one at a time, in order, and not through a shell. Exit code 0 means done; anything else is tried\n" +
    "again, with growing pauses.\n" +
    "What it prints for a question is the answer, if it is JSON; nothing is null. If it fails to the end, so does the\n" +
    "answer, with its last line on stderr.\n" +
    "The first start begins with what arrives from then on. Later starts of the same program with the same filters go\n" +
    "on where the last one stopped: nothing is left out that arrived meanwhile. If no peer of the profile runs, one is\n" +
    "started, and ends with this command. Ctrl-C or SIGTERM ends it, with exit code 0.",
  options: [
    "from",
    "streamFilter",
    "nameGlob",
    "everything",
    "label",
    "parallel",
    "programTimeout",
    "retries",
  ],
  startsPrograms: true,
  async run(context) {
    const plan = planOf(context);
    checkProgram(plan.argv[0]);
    const lock = plan.subject === "peer"
      ? undefined
      : await CursorLock.take(context.config.state, plan.cursor);
    try {
      await work(context, plan, lock);
    } finally {
      lock?.release();
    }
    return ExitCode.done;
  },
};

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
