import type { Config } from "../../config/config.ts";
import { plainHost } from "../../net/addresses.ts";
import type { GatewayOptions } from "../../peer/door.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { DOCUMENT_MAX } from "../../protocol/limits.ts";

/**
 * Returns the plain gateway of the configuration; undefined if it is closed.
 *
 * @throws {UserError} its other options without the one that opens it
 */
export async function gatewayOf(config: Config): Promise<GatewayOptions | undefined> {
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
  const { PlainGateway } = await import("../../gateways/plain/gateway.ts");
  const { createHttp } = await import("../../gateways/plain/http.ts");
  return {
    mode,
    listen,
    groups,
    open: (door, host) =>
      new PlainGateway(door, {
        isReadable: host.group.announceKey === undefined || mode === "readable",
        http: (context) =>
          createHttp({
            ...context,
            peers: () => host.peers().filter(({ state }) => state === "up").map(({ name }) => name),
            hosts: () => [Deno.hostname(), ...host.addresses().map(hostOf)],
            limit: config.maxSize ?? DOCUMENT_MAX,
          }),
      }),
  };
}

/** Returns the host of `host:port` or `[host]:port`. */
function hostOf(address: string): string {
  return plainHost(address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1"));
}
