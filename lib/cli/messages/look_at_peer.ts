import type { Service } from "../../control/service.ts";
import { diagnosePeer, INFO_QUESTION, listenForPeer } from "../../doctor/peer_doctor.ts";
import { isNodeId } from "../../identity/node_id.ts";
import type { Address } from "../../net/types.ts";
import { readAddresses } from "../../peer/address_book.ts";
import type { AskResult, DialBack, PeerRef } from "../../peer/types.ts";
import { VERSION } from "../../peer/version.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { parseHostPort } from "../../protocol/host_port.ts";
import { foldLabel } from "../../protocol/label.ts";
import type { Context } from "../command.ts";
import { rememberedPeers } from "../profile/open_history.ts";
import { oneLine } from "../terminal/text.ts";
import { WaitingLine } from "../terminal/waiting_line.ts";
import { findForOutbox, unlessNobody } from "./find_peer.ts";
import { awaiting, printFinding, sumUp } from "./findings.ts";

/** How long to look for a peer that is not known, milliseconds. */
const FIND_MS = 5_000;
/** How long its answer may take, milliseconds. */
const ANSWER_MS = 5_000;
/** How long it may take to dial us, milliseconds. */
const DIAL_BACK_MS = 5_000;

/**
 * Looks at one peer from both sides, and prints what it finds.
 *
 * @throws {UserError} nobody knows such a peer (exit 3), two fit (2), it is blocked or its name has another key (4)
 */
export async function lookAtPeer(context: Context, service: Service, target: string): Promise<ExitCode> {
  const { config } = context;
  using line = new WaitingLine(context);
  line.show(`looking for ${oneLine(target)}`);
  const { name: ownName, group: name, closed, state } = await service.status();
  const group = config.given.group ?? (closed ? undefined : name);
  const places = Promise.withResolvers<readonly Address[]>();
  const listening = listenForPeer({ state, group, interfaces: config.interface }, places.promise);
  const book = readAddresses(state).filter((entry) => entry.group === name);
  const remembered = async () => [...await rememberedPeers(context), ...book];
  // An id needs no roster; its addresses do.
  if (isNodeId(foldLabel(target))) await service.resolve(target, FIND_MS).catch(unlessNobody);
  const found = await findForOutbox(service, target, FIND_MS, remembered);
  const entry = (await service.peers()).find(({ id }) => id === found.peer.id);
  const peer = entry ?? await named(service, found.peer, await remembered());
  const best = entry && parseHostPort(entry.address);
  const known = [...best ? [best] : [], ...book.filter(({ id }) => id === peer.id)];
  places.resolve(known);
  const findings = await diagnosePeer(
    {
      peer: { id: peer.id, name: peer.name },
      ownName,
      version: VERSION,
      lastSeen: entry?.lastSeen,
      places: known.map(({ host, port }) => ({ host, port })),
      listening,
      ask: () => ask(service, peer),
      dialBack: () => dialBack(service, peer),
    },
    (finding) => printFinding(context, finding),
    awaiting(line),
  );
  return sumUp(context, findings, `Nothing was found that keeps ${oneLine(peer.name)} and you apart.`);
}

/** Returns the peer with a name, if it was given by its id. @throws {UserError} nobody has ever heard of this id */
async function named(service: Service, peer: PeerRef, remembered: readonly PeerRef[]): Promise<PeerRef> {
  const known = [...await service.known(), ...remembered].find(({ id }) => id === peer.id);
  if (known) return known;
  if (!isNodeId(peer.name)) return peer;
  throw new UserError(
    `No peer with the id ${peer.id} is within earshot or known from before. \`earshot peers\` shows who is here; ` +
      "`earshot doctor` looks for what keeps peers apart.",
    ExitCode.nobody,
  );
}

async function ask(service: Service, { id, name }: PeerRef): Promise<AskResult> {
  try {
    const [result] = await service.ask(INFO_QUESTION, { to: [id], timeout: ANSWER_MS });
    // Nobody waits for its answer any more.
    if (result!.status === "queued") await service.withdraw(result!.id, [id]);
    return result!;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { id: "", to: { id, name }, status: "unreachable", why: error.message };
  }
}

async function dialBack(service: Service, { id }: PeerRef): Promise<DialBack | undefined> {
  try {
    return await service.dialBack(id, DIAL_BACK_MS);
  } catch (error) {
    // The running peer does not know this call.
    if (error instanceof UserError && error.exitCode === ExitCode.usage) return undefined;
    throw error;
  }
}
