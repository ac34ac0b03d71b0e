import type { Group } from "../identity/group.ts";
import { isLoopback } from "../net/addresses.ts";
import { readLinks } from "../net/interfaces.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { isIpAddress } from "../protocol/ip_address.ts";
import { printable } from "../protocol/label.ts";
import type { GatewayOptions } from "./door.ts";
import type { EventHub } from "./event_hub.ts";

/** Warns if the gateway's address is none of this machine now: then nobody reaches it. */
export function warnOfAbsence(listen: string | undefined, hub: EventHub): void {
  if (listen === undefined || isLoopback(listen)) return;
  if (
    listen === "0.0.0.0" || listen === "::" || readLinks().some(({ addresses }) => addresses.includes(listen))
  ) return;
  const then = "the plain gateway is reached as soon as it has.";
  hub.warn("interface-missing", `This machine has no address ${printable(listen)} now; ${then}`);
}

/** @throws {UserError} a gateway that would undo the encryption of a closed group unasked */
export function checkGateway({ mode = "open", listen }: GatewayOptions, group: Group): void {
  if (listen !== undefined && (!isIpAddress(listen) || listen.includes("%"))) {
    throw new UserError(
      `Invalid address "${printable(listen)}" for the plain gateway: name an IP address of this machine.`,
      ExitCode.usage,
    );
  }
  if (!group.announceKey || mode !== "open") return;
  throw new UserError(
    `The group "${group.name}" is closed, and what comes through the plain gateway is neither encrypted nor proven: ` +
      "--plain=unencrypted lets it in; --plain=readable also sends what is said in the group, unencrypted, to " +
      "every program that connects.",
    ExitCode.usage,
  );
}
