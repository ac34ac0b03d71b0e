import { clock } from "./checks/clock.ts";
import { container } from "./checks/container.ts";
import { disk } from "./checks/disk.ts";
import { durability } from "./checks/durability.ts";
import { firewall } from "./checks/firewall.ts";
import { group } from "./checks/group.ts";
import { identity } from "./checks/identity.ts";
import { inbox } from "./checks/inbox.ts";
import { interfaces } from "./checks/interfaces.ts";
import { isolation } from "./checks/isolation.ts";
import { journal } from "./checks/journal.ts";
import { multicast } from "./checks/multicast.ts";
import { peers } from "./checks/peers.ts";
import { port } from "./checks/port.ts";
import { privacy } from "./checks/privacy.ts";
import { snooping } from "./checks/snooping.ts";
import { state } from "./checks/state.ts";
import { subnet } from "./checks/subnet.ts";
import { version } from "./checks/version.ts";
import { virtual } from "./checks/virtual.ts";
import { vpn } from "./checks/vpn.ts";
import type { Check } from "./finding.ts";

/** Every check, causes before what they bring about. */
export const CHECKS: readonly Check[] = [
  interfaces,
  virtual,
  vpn,
  container,
  privacy,
  port,
  firewall,
  multicast,
  isolation,
  snooping,
  group,
  version,
  subnet,
  peers,
  identity,
  state,
  inbox,
  disk,
  durability,
  journal,
  clock,
];
