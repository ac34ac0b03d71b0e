import type { NetLink } from "../net/interfaces.ts";
import type { Address } from "../net/types.ts";
import type { Dialled } from "./dialling.ts";
import type { Listening } from "./listening.ts";
import type { SystemReport } from "./system/report.ts";

/** A peer and where it was last known to be. */
export interface KnownPeer {
  readonly name: string;
  readonly address: Address;
  /**
   * `listed`: in the roster of the running peer. `named`: by the user, with `--peer`; its name is what was given.
   * `remembered`: met there in the past, so it may be switched off.
   */
  readonly how: "listed" | "named" | "remembered";
}

/** The profile that is looked at. */
export interface Profile {
  readonly state: string;
  readonly inbox: string;
  /** The first TCP port that its peer tries. */
  readonly port: number;
  /** Its peer, if one is running. */
  readonly running?: { readonly pid: number; readonly port: number };
  /** Peers that are known, each place once. */
  readonly roster: readonly KnownPeer[];
}

/** Things that every check can look at. */
export interface Scene {
  readonly os: typeof Deno.build.os;
  readonly profile: Profile;
  /** Output of the system's tools, from before the right to run them was given up. */
  readonly system: SystemReport;
  /** Links that a peer would use, without loopback unless that was asked for. */
  readonly links: readonly NetLink[];
  /** The interfaces that the user named, if any. */
  readonly selection: readonly string[] | undefined;
  /** Those of the links that can reach other machines. */
  readonly realLinks: readonly NetLink[];
  /** Tells an address of this machine. */
  isOwn(host: string): boolean;
  readonly listening: Listening;
  /** Dials a place once, whoever asks, and tells how it answered. */
  dial(place: Address): Promise<Dialled>;
}
