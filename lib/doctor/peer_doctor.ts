import { isOnLink, readLinks } from "../net/interfaces.ts";
import { plainHost } from "../net/addresses.ts";
import type { Address } from "../net/types.ts";
import type { ProbeOptions } from "../peer/probe.ts";
import type { AskResult, DialBack } from "../peer/types.ts";
import { Dialling } from "./dialling.ts";
import { Deadline } from "./deadline.ts";
import { type Awaits, examine } from "./examine.ts";
import type { Finding } from "./finding.ts";
import { Listening } from "./listening.ts";
import { PEER_CHECKS } from "./peer_checks.ts";
import type { Asked, PeerScene } from "./peer_scene.ts";

/** The question that every program and board answers about itself. */
export const INFO_QUESTION = '{"cmd":"info"}';

/** UDP port at which a peer is asked that did not answer with the group. */
const UDP_PORT = 3333;

/** The peer to look at, and the ways to it. */
export interface ExaminedPeer
  extends Pick<PeerScene, "peer" | "ownName" | "version" | "lastSeen" | "places"> {
  readonly listening: Listening;
  /** Asks it {@linkcode INFO_QUESTION}. */
  readonly ask: () => Promise<Pick<AskResult, "status" | "code" | "why" | "text">>;
  /** Has it dial us; see `PeerScene.dialledBack`. */
  readonly dialBack: () => Promise<DialBack | undefined>;
}

/**
 * Begins to listen for a peer, while it is looked for.
 *
 * @param places where it should be, once that is known; if that fails, only the group is asked
 */
export function listenForPeer(options: ProbeOptions, places: Promise<readonly Address[]>): Listening {
  const asked = places.then((known) => known.map(({ host }) => ({ host, port: UDP_PORT })), () => []);
  // It may be another peer of this machine.
  return new Listening(options, asked, () => false, false, new Deadline());
}

/**
 * Looks at one peer from both sides, in at most 15 s from the start of this process.
 *
 * @param told called for each finding, in the order of the checks
 * @param awaits see {@linkcode examine}
 */
export async function diagnosePeer(
  { listening, ask, dialBack, ...known }: ExaminedPeer,
  told: (finding: Finding) => void,
  awaits?: Awaits,
): Promise<Finding[]> {
  const links = readLinks();
  const dialling = new Dialling();
  const asked = askOnce(ask);
  const dialledBack = dialBack();
  // Checks report them.
  for (const each of [asked, dialledBack]) each.catch(() => {});
  const scene: PeerScene = {
    ...known,
    os: Deno.build.os,
    isNear: (host) => links.some((link) => isOnLink(link, plainHost(host))),
    listening,
    dial: (place) => dialling.dial(place),
    asked,
    dialledBack,
  };
  try {
    return await examine(PEER_CHECKS, scene, new Deadline().left, told, awaits);
  } finally {
    void listening.close();
  }
}

async function askOnce(ask: ExaminedPeer["ask"]): Promise<Asked> {
  const began = performance.now();
  const { status, code, why, text } = await ask();
  const took = performance.now() - began;
  return { status, code, why, took, at: Date.now() - took / 2, info: objectIn(text) };
}

/** Reads an answer, which is whatever its sender likes. */
function objectIn(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
