import type { Config } from "../../config/config.ts";
import { PlainGateway } from "../../gateways/plain/gateway.ts";
import type { GatewayOptions } from "../../peer/door.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";

/**
 * Returns the plain gateway of the configuration; undefined if it is closed.
 *
 * @throws {UserError} its other options without the one that opens it
 */
export function gatewayOf(config: Config): GatewayOptions | undefined {
  const { plain: mode, plainListen: listen, plainGroup: groups, given } = config;
  if (mode === undefined) {
    const other = given.plainListen !== undefined
      ? "--plain-listen"
      : given.plainGroup
      ? "--plain-group"
      : undefined;
    if (other === undefined) return undefined;
    throw new UserError(`${other} needs --plain, which opens the plain gateway.`, ExitCode.usage);
  }
  return {
    mode,
    listen,
    groups,
    open: (door, { group }) =>
      new PlainGateway(door, { isReadable: group.announceKey === undefined || mode === "readable" }),
  };
}
