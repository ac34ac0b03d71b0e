import { withZone } from "../net/addresses.ts";
import type { Address } from "../net/types.ts";
import { addressText } from "../peer/directory.ts";
import type { AskResult, DialBack, PeerRef } from "../peer/types.ts";
import type { Dialled } from "./dialling.ts";
import type { Surroundings } from "./finding.ts";
import type { Heard } from "../peer/probe.ts";
import type { Listening } from "./listening.ts";

/** How the peer took the question `{"cmd":"info"}`. */
export interface Asked extends Pick<AskResult, "status" | "code" | "why"> {
  /** Its answer, if that is an object. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** Our clock halfway between question and answer, milliseconds since 1970. */
  readonly at: number;
  /** From question to answer, milliseconds. */
  readonly took: number;
}

/** The peer under examination: what is known of it, and how to reach it. */
export interface PeerScene extends Surroundings {
  readonly peer: PeerRef;
  /** Name of our own peer. */
  readonly ownName: string;
  /** Version of this program. */
  readonly version: string;
  /** When it was last heard, as the running peer knows it, milliseconds since 1970; undefined if it does not. */
  readonly lastSeen: number | undefined;
  /** Where it should be: TCP. */
  readonly places: readonly Address[];
  /** True for a place on a network of this machine. */
  isNear(host: string): boolean;
  readonly listening: Listening;
  /** Dials a place once, whoever asks, and tells how it answered. */
  dial(place: Address): Promise<Dialled>;
  /** Asks it, over a session. */
  readonly asked: Promise<Asked>;
  /** Has it dial us; undefined if our running peer is too old for that. */
  readonly dialledBack: Promise<DialBack | undefined>;
}

/** Lists what was heard of the peer itself, of our group, once it had time to answer. */
export async function heardOf(scene: PeerScene): Promise<Heard[]> {
  await scene.listening.asked;
  return heardNow(scene);
}

/** Lists what was heard of the peer itself so far. */
export function heardNow({ peer, listening }: PeerScene): Heard[] {
  return listening.heard.filter(({ kind, announcement }) =>
    kind === "peer" && announcement!.id === peer.id && announcement!.t !== "bye" && !announcement!.brief
  );
}

/** Lists the UDP sockets that something was heard from, each once. */
export function socketsOf(heard: readonly Heard[]): Address[] {
  return distinct(heard.map(({ from: { host, port }, link }) => ({
    host: link ? withZone(host, link.interface) : host,
    port,
  })));
}

/** Lists places, each once. */
export function distinct(places: readonly Address[]): Address[] {
  return [...new Map(places.map((place) => [addressText(place), place])).values()];
}

/** States of a question that show that there was a session. */
const MET: readonly Asked["status"][] = ["answered", "failed", "no-answer", "cannot", "delivered"];

/** Codes of a peer that takes nothing from us, or not now. */
const REFUSALS: readonly (string | undefined)[] = ["refused", "quota", "busy"];

/** Tells whether there was a session. */
export function hadSession(asked: Asked): boolean {
  return MET.includes(asked.status) || isRefused(asked);
}

/** Tells whether the peer did not take the question, though it came there. */
export function isRefused({ status, code }: Asked): boolean {
  return !MET.includes(status) && REFUSALS.includes(code);
}

/** Longest word of the peer's own findings that is shown, characters. */
const WORD_MAX = 48;

/** Returns a text of the peer's own findings, at most 48 characters of it; undefined if it is none. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, WORD_MAX) : undefined;
}

/** Returns a number of the peer's own findings; undefined if it tells none. */
export async function told({ asked }: PeerScene, member: string): Promise<number | undefined> {
  const value = (await asked).info?.[member];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
