import type { Status } from "../../control/service.ts";
import { loadIdentity } from "../../identity/key_file.ts";
import { readLinks, selectLinks } from "../../net/interfaces.ts";
import { groupOf, settingsOf } from "../../peer/settings.ts";
import { EARSHOT_PORT } from "../../protocol/limits.ts";
import { ExitCode } from "../../platform/user_error.ts";
import { type Context, expectArgs, jsonLine, remark } from "../command.ts";
import { table } from "../terminal/columns.ts";
import { oneLine } from "../terminal/text.ts";
import { fittingPeer, tellOpenGroup } from "../profile/with_peer.ts";

/** `earshot id`: shows this peer's identity. */
export async function run(context: Context): Promise<ExitCode> {
  expectArgs(context, 0);
  const { out, config } = context;
  const found = await fittingPeer(context);
  const status = found === "silent" ? undefined : found;
  const { id, name, group, closed, port, addresses, interfaces, inbox, state } = status ?? atRest(context);
  if (config.json) {
    const self = { id, name, group, closed, port, udp: EARSHOT_PORT, addresses, interfaces, inbox, state };
    out.line(jsonLine({ ...self, config: config.file, running: status?.pid }));
    return ExitCode.done;
  }
  const ports = status
    ? `TCP ${port}, UDP ${EARSHOT_PORT}`
    : found === "silent"
    ? "unknown: the running peer does not answer"
    : `not running; UDP ${EARSHOT_PORT} when it does`;
  const rows = [
    ["id", id],
    ["name", name],
    ["group", `${group} (${closed ? "closed" : "open"})`],
    ["ports", ports],
    ["addresses", addresses.join(" ")],
    ["inbox", inbox],
    ["state", state],
    ["configuration", config.file ?? "none"],
  ];
  for (const line of table(rows)) out.line(line);
  return ExitCode.done;
}

/** Returns the status of a profile whose peer does not run or does not answer. A new profile gets its identity. */
function atRest(context: Context): Omit<Status, "pid" | "brief" | "settings" | "uptime"> {
  const { config } = context;
  const { profile, inbox, state, interface: selection } = config;
  const { id } = loadIdentity(state, (message) => remark(context, `earshot: ${oneLine(message)}`));
  const { name: group, sessionKey } = groupOf(config, state);
  const closed = sessionKey !== undefined;
  tellOpenGroup(context, { group, closed });
  const links = selectLinks(readLinks(), selection);
  return {
    id,
    name: settingsOf({ profile, name: config.name }).name,
    group,
    closed,
    port: 0,
    addresses: links.flatMap((link) => link.addresses),
    interfaces: [...new Set(links.map((link) => link.interface))],
    inbox,
    state,
  };
}
