import { EARSHOT_PORT } from "../protocol/limits.ts";
import { ExitCode } from "../platform/user_error.ts";
import { type Command, expectArgs, jsonLine } from "./command.ts";
import { table } from "./terminal/table.ts";
import { withPeer } from "./with_peer.ts";

/** `earshot id`: who I am. */
export const id: Command = {
  name: "id",
  usage: "",
  summary: "my id, name, group, ports, addresses, inbox",
  options: [],
  async run(context) {
    expectArgs(context, 0);
    const { out, config } = context;
    const status = await withPeer(context, (service) => service.status());
    const { id, name, group, closed, port, addresses, interfaces, inbox, state, brief, pid } = status;
    if (config.json) {
      const running = brief ? undefined : pid;
      out.line(
        jsonLine({
          id,
          name,
          group,
          closed,
          port,
          udp: EARSHOT_PORT,
          addresses,
          interfaces,
          inbox,
          state,
          running,
        }),
      );
      return ExitCode.done;
    }
    const rows = [
      ["id", id],
      ["name", name],
      ["group", `${group} (${closed ? "closed" : "open"})`],
      ["ports", brief ? `not running; UDP ${EARSHOT_PORT} when it does` : `TCP ${port}, UDP ${EARSHOT_PORT}`],
      ["addresses", addresses.join(" ")],
      ["inbox", inbox],
      ["state", state],
    ];
    for (const line of table(rows)) out.line(line);
    return ExitCode.done;
  },
};
