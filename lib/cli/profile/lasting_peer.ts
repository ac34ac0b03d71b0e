import { ControlClient, HostGoneError } from "../../control/client.ts";
import { LastingService, type UsedPeer } from "../../control/lasting_service.ts";
import { UserError } from "../../platform/user_error.ts";
import { type Context, Interrupted, remark } from "../command.ts";
import { oneLine } from "../terminal/text.ts";
import { checkFit } from "./check_fit.ts";
import { controlPath } from "./control_socket.ts";
import { clientOptions, startFullPeer } from "./with_peer.ts";

/** How long a peer that left may take to be there again before one is started here, milliseconds. */
const RETURN_MS = 5_000;
/** Pause between two looks for it, milliseconds. */
const LOOK_MS = 100;

/**
 * Returns the peer of the profile for as long as the command runs: the running one, and the next one if that is
 * restarted; if none runs, a full one in this process, which other commands use, too.
 */
export function lastingPeer(context: Context): LastingService {
  let left = -Infinity;
  return new LastingService(async () => {
    do {
      const running = await connect(context);
      if (running) {
        left = Infinity;
        return running;
      }
      if (left === Infinity) left = performance.now();
      if (performance.now() - left > RETURN_MS) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    } while (!context.interrupted.aborted);
    // The user ends the program: nobody wants another peer.
    if (context.interrupted.aborted) throw new Interrupted();
    const used = await start(context);
    // It may be one that another process started at the same moment.
    left = Infinity;
    return used;
  });
}

async function start(context: Context): Promise<UsedPeer> {
  try {
    const full = await startFullPeer(context);
    full.peer.on((event) => {
      if (event.event === "warning") remark(context, `earshot: ${oneLine(event.message)}`);
    });
    return full;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const running = await connect(context);
    if (!running) throw error;
    return running;
  }
}

/** Connects to the running peer; undefined if there is none, or only a short-lived one. */
async function connect({ config }: Context): Promise<UsedPeer | undefined> {
  const client = await ControlClient.connect(controlPath(config.state), clientOptions(config.state));
  if (!client) return undefined;
  try {
    const status = await client.status();
    if (!status.brief) {
      checkFit(config, status);
      return { service: client, close: () => client.close() };
    }
  } catch (error) {
    client.close();
    if (!(error instanceof HostGoneError)) throw error;
  }
  client.close();
  return undefined;
}
