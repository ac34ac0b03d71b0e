import type { Check } from "./finding.ts";
import { address } from "./peer_checks/address.ts";
import { callback } from "./peer_checks/callback.ts";
import { clock } from "./peer_checks/clock.ts";
import { disk } from "./peer_checks/disk.ts";
import { heap } from "./peer_checks/heap.ts";
import { heard } from "./peer_checks/heard.ts";
import { load } from "./peer_checks/load.ts";
import { program } from "./peer_checks/program.ts";
import { restarts } from "./peer_checks/restarts.ts";
import { session } from "./peer_checks/session.ts";
import { signal } from "./peer_checks/signal.ts";
import { twins } from "./peer_checks/twins.ts";
import type { PeerScene } from "./peer_scene.ts";

/** Every check of one peer: first the way there and back, then what it tells of itself. */
export const PEER_CHECKS: readonly Check<PeerScene>[] = [
  heard,
  twins,
  address,
  session,
  callback,
  program,
  clock,
  disk,
  load,
  heap,
  signal,
  restarts,
];
