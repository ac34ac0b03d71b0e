import { SilentPeerError } from "../../control/client.ts";
import type { PeerRef } from "../../peer/types.ts";
import { acquireLock } from "../../platform/lock.ts";
import { UserError } from "../../platform/user_error.ts";
import type { History } from "../../storage/history/history.ts";
import { type Context, remark } from "../command.ts";
import { runningPeer } from "./with_peer.ts";

/** Returns the inbox of the profile: that of the running peer, which may have been started with another one. */
export async function inboxFolder(context: Context): Promise<string> {
  const { config } = context;
  if (config.given.inbox !== undefined) return config.inbox;
  const running = await runningPeer(config.state);
  if (running instanceof SilentPeerError) {
    remark(context, `earshot: ${running.message} Paths are those of the inbox ${config.inbox}.`);
    return config.inbox;
  }
  return running?.inbox ?? config.inbox;
}

/**
 * Opens the history of the profile, after migrating it to this version; undefined if the profile has no database.
 *
 * @param inbox folder that paths begin with
 * @throws {UserError} if the database cannot be read, or an older Earshot is using it
 */
export async function openHistory(context: Context, inbox: string): Promise<History | undefined> {
  const { state } = context.config;
  // Most commands need no history, and to load SQLite takes time.
  const { History } = await import("../../storage/history/history.ts");
  const { OldDatabaseError } = await import("../../storage/database/open_database.ts");
  try {
    return History.open(state, inbox);
  } catch (error) {
    if (!(error instanceof OldDatabaseError)) throw error;
  }
  await upgrade(context);
  return History.open(state, inbox);
}

/** Lists the peers in the history, by their latest names. */
export async function rememberedPeers(context: Context): Promise<PeerRef[]> {
  using history = await openHistory(context, context.config.inbox);
  return history?.peers() ?? [];
}

async function upgrade(context: Context): Promise<void> {
  const { state } = context.config;
  const { databasePath, openDatabase } = await import("../../storage/database/open_database.ts");
  const lock = await acquireLock(state);
  if (!("release" in lock)) {
    const pid = lock.pid ?? "unknown";
    throw new UserError(
      `The running peer of this profile (process ${pid}) is an older Earshot: restart it.`,
    );
  }
  try {
    openDatabase(databasePath(state), (_code, message) => remark(context, `earshot: ${message}`)).close();
  } finally {
    lock.release();
  }
}
