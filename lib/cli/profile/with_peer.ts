import { existsSync } from "../../platform/std_fs.ts";
import { join } from "../../platform/std_path.ts";
import type { Config } from "../../config/config.ts";
import {
  type ClientOptions,
  ControlClient,
  HostGoneError,
  SILENCE_MAX,
  SilentPeerError,
} from "../../control/client.ts";
import { ControlServer } from "../../control/server.ts";
import type { Lookout } from "../../peer/lookout.ts";
import { PeerService, type Service, type Status } from "../../control/service.ts";
import { type LocalPeer, SharedService } from "../../control/shared_service.ts";
import { GatewayPortTaken } from "../../peer/door.ts";
import type { Peer } from "../../peer/peer.ts";
import type { PeerInfo, PeerOptions } from "../../peer/types.ts";
import { writeFileAtomic } from "../../platform/atomic_write.ts";
import { commandClock } from "../../platform/clock.ts";
import { acquireLock, type LockHolder, lockHolder, type StateLock } from "../../platform/lock.ts";
import { ProcessWatch } from "../../platform/process_watch.ts";
import { UserError } from "../../platform/user_error.ts";
import { prepareStore } from "../../storage/threads/start_thread.ts";
import { aborted, type Context, remark, unlessInterrupted, within } from "../command.ts";
import { checkFit, requireFit } from "./check_fit.ts";
import { gatewayOf } from "./gateway.ts";
import { controlPath, portHolder } from "./control_socket.ts";
import { oneLine } from "../terminal/text.ts";

/** Variable in the environment of a peer that stands in for the one that its user starts. */
export const STAND_IN = "EARSHOT_STAND_IN";

/** How long a starting peer waits for short-lived peers of its profile, milliseconds. */
const ROOM_PATIENCE = 8_000;

/** Shortest silence of a running peer that counts, whatever the command's timeout, milliseconds. */
const SILENCE_MIN = 1_000;

/** How long a command that does not need the running peer waits for its answer, milliseconds. */
const OPTIONAL_PATIENCE = 2_000;

/** How long a question may wait for the system to take it before other work goes on, milliseconds. */
const SENDING_MAX = 50;

/** How long an answer that may have come is waited for before other work goes on, milliseconds. */
const READING_MAX = 10;

/** How long closing may take after the user has ended the program, milliseconds. */
const CLOSING_MAX = 800;

/**
 * Runs `fn` with the peer of the profile: the running one, or a short-lived one while `fn` runs.
 *
 * @throws {Interrupted} if the user ends it before `fn` is done
 */
export async function withPeer<T>(context: Context, fn: (service: Service) => Promise<T>): Promise<T> {
  const { config, interrupted } = context;
  const service = new SharedService({
    path: controlPath(config.state),
    client: clientOptions(
      config.state,
      Math.min(SILENCE_MAX, Math.max(SILENCE_MIN, config.timeout ?? SILENCE_MAX)),
    ),
    start: async () => {
      const lock = await acquireLock(config.state);
      if (!("release" in lock)) return lock;
      const peer = await startPeer(config, { brief: true, lock });
      peer.peer.on((event) => {
        if (event.event === "warning") remark(context, `earshot: ${oneLine(event.message)}`);
      });
      tellOpenGroup(context, await peer.service.status());
      return peer;
    },
  });
  try {
    return await unlessInterrupted(requireFit(config, service).then(() => fn(service)), interrupted);
  } finally {
    const closed = service.close(interrupted.aborted);
    await Promise.race([closed, aborted(interrupted).then(() => within(closed, CLOSING_MAX))]);
  }
}

/** A peer that stays up, with its control socket. */
export interface FullPeer extends LocalPeer {
  readonly peer: Peer;
}

/** A full peer that was started in this process. */
interface StartedPeer extends FullPeer {
  /** Resolves when it has to make room for the one that it stands in for. */
  readonly yielded: Promise<void>;
}

/**
 * Runs `fn` with a peer that stays up, see {@linkcode startFullPeer}, and closes it afterwards.
 *
 * @param fn its second argument resolves when the user ends the program or the reader of its output has left
 */
export async function withFullPeer(
  context: Context,
  fn: (full: FullPeer, ended: Promise<void>) => Promise<void>,
): Promise<void> {
  const full = await startFullPeer(context);
  const ended = [aborted(context.interrupted), aborted(context.out.closed), full.yielded];
  await fn(full, Promise.race(ended));
  await within(full.close(), CLOSING_MAX);
}

/**
 * Starts a peer that stays up, with its control socket. Asks short-lived peers of the profile to make room, and waits
 * for them.
 *
 * @throws {UserError} if a peer of the profile is running
 */
export async function startFullPeer(context: Context): Promise<StartedPeer> {
  const { config } = context;
  const gateway = await gatewayOf(config);
  const lock = await lockProfile(config);
  const started = await startPeer(config, { lock, gateway }).catch(async (error) => {
    if (!(error instanceof GatewayPortTaken)) throw error;
    const holder = await portHolder(error.port).catch(() => undefined);
    throw new GatewayPortTaken(error.port, holder, { cause: error });
  });
  const { service } = started;
  try {
    const yielded = Promise.withResolvers<void>();
    const yieldAsked = standsIn() ? yielded.resolve : undefined;
    const server = await ControlServer.open({ path: controlPath(config.state), service, yieldAsked });
    tellOpenGroup(context, await service.status());
    return {
      ...started,
      yielded: yielded.promise,
      close() {
        server.close();
        return started.close();
      },
    };
  } catch (error) {
    await started.close();
    throw error;
  }
}

/**
 * Returns the status of the running peer; an error if it does not answer; undefined if none is running, or only a
 * short-lived one.
 */
export async function runningPeer(state: string): Promise<Status | SilentPeerError | undefined> {
  try {
    const status = await askHost(state, (client) => client.status(), OPTIONAL_PATIENCE);
    return status?.brief ? undefined : status;
  } catch (error) {
    if (error instanceof SilentPeerError) return error;
    throw error;
  }
}

/** Lists the peers that the running peer has heard of; undefined if none is running. @throws {SilentPeerError} */
export async function peersOfRunning(state: string): Promise<PeerInfo[] | undefined> {
  return await askHost(state, (client) => client.peers(), OPTIONAL_PATIENCE);
}

/** Calls the process that serves the profile; undefined if there is none, or it leaves during the call. */
async function askHost<T>(
  state: string,
  ask: (client: ControlClient) => Promise<T>,
  patience?: number,
): Promise<T | undefined> {
  const client = await ControlClient.connect(controlPath(state), clientOptions(state, patience));
  try {
    return client && await ask(client);
  } catch (error) {
    if (error instanceof HostGoneError) return undefined;
    throw error;
  } finally {
    client?.close();
  }
}

/** Options of a client of the running peer. @param patience see `ClientOptions` */
export function clientOptions(state: string, patience?: number): ClientOptions {
  const pid = () => lockHolder(state).pid;
  const process = new ProcessWatch(pid);
  return { patience, pid, isStarved: () => process.isStarved(), clock: commandClock };
}

/**
 * Returns the status of the running peer, for a command that does not need it; undefined if none is running. Tells the
 * user if it does not answer.
 *
 * @throws {UserError} if it does not fit the command line
 */
export async function fittingPeer(context: Context): Promise<Status | "silent" | undefined> {
  const running = await runningPeer(context.config.state);
  if (running instanceof SilentPeerError) {
    remark(context, `earshot: ${running.message}`);
    return "silent";
  }
  if (running !== undefined) checkFit(context.config, running);
  return running;
}

async function startPeer(config: Config, more: PeerOptions): Promise<LocalPeer & { readonly peer: Peer }> {
  const options = peerOptions(config, more);
  let early: Lookout | undefined;
  try {
    if (options.brief) early = await lookOut(config, options);
    // To load and open the store takes longest: its thread does so while this one loads the rest.
    prepareStore();
    // The answer is there by now, and how long others may take to answer counts from when it is read.
    await early?.heard(READING_MAX);
    // Most commands find a peer that runs, and need no other.
    const { Peer } = await import("../../peer/peer.ts");
    const peer = await Peer.startWith(options, early);
    return { peer, service: new PeerService(peer), close: () => peer.close() };
  } catch (error) {
    await early?.discovery.close();
    more.lock?.release();
    throw error;
  }
}

/** Looks for the recipient, if there is one, while the rest of a short-lived peer is loaded. */
async function lookOut({ to = [] }: Config, options: PeerOptions): Promise<Lookout | undefined> {
  if (to.length !== 1) return undefined;
  const { Lookout, selfOf } = await import("../../peer/lookout.ts");
  const { settingsOf } = await import("../../peer/settings.ts");
  const lookout = new Lookout(selfOf(settingsOf(options), options, true), { port: 0 });
  try {
    lookout.seek(to[0]!);
    // What follows keeps this thread busy for a while: the question goes out before.
    await lookout.start();
    await within(lookout.datagrams.sent(), SENDING_MAX);
    return lookout;
  } catch (error) {
    await lookout.discovery.close();
    throw error;
  }
}

function peerOptions(config: Config, more: PeerOptions): PeerOptions {
  const { name, profile, group, port, interface: interfaces, peer: peers, inbox, state } = config;
  const { accept, maxSize, quota, keepDays, keepSize, outboxDays } = config;
  return {
    name,
    profile,
    group,
    port,
    interfaces,
    // An interface in a file is intended and may come up later; a typed one may be a typo.
    patient: config.given.interface === undefined,
    peers,
    inbox,
    state,
    accept,
    maxSize,
    quota,
    keepDays,
    keepSize,
    outboxDays,
    ...more,
  };
}

async function lockProfile(config: Config): Promise<StateLock> {
  const until = performance.now() + ROOM_PATIENCE;
  let holder: LockHolder = { pid: undefined };
  while (performance.now() < until) {
    await makeRoom(config);
    // Wait briefly: a holder that has no socket yet is asked again.
    const lock = await acquireLock(config.state, 500);
    if ("release" in lock) return lock;
    holder = lock;
  }
  throw alreadyRuns(config, holder.pid);
}

/** Asks a peer of the profile to leave as soon as it can, if it is a short-lived one, or stands in for this one. */
async function makeRoom(config: Config): Promise<void> {
  await askHost(config.state, async (client) => {
    const { brief, pid } = await client.status();
    const isOver = (brief || !standsIn()) && await client.askToYield();
    if (!brief && !isOver) throw alreadyRuns(config, pid);
  });
}

/** True if this peer was started by a command that only needs one, and leaves once its user starts another. */
function standsIn(): boolean {
  return Deno.env.get(STAND_IN) !== undefined;
}

function alreadyRuns({ profile }: Config, pid: number | undefined): UserError {
  const which = profile === undefined ? "Earshot" : `Earshot's profile ${profile}`;
  const where = pid === undefined ? "" : ` as process ${pid}`;
  return new UserError(
    `${which} runs already${where}; for a second peer on this machine use --profile NAME.`,
  );
}

/** Warns, once for each state folder, that anybody on the network can join the open group. */
export function tellOpenGroup(context: Context, status: Pick<Status, "group" | "closed">): void {
  const told = join(context.config.state, "told-open-group");
  if (status.closed || context.config.quiet || existsSync(told)) return;
  remark(
    context,
    `The group "${status.group}" is open: everybody on this network can see you and write to you. ` +
      "`earshot group new NAME` makes a closed one.",
  );
  try {
    writeFileAtomic(told, "");
  } catch { /* then it is told again the next time */ }
}
