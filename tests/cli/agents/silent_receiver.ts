// A peer that takes what comes, and never acknowledges it: silent_receiver.ts NAME GROUP FOLDER. Prints the name of each
// event.

import { join } from "@std/path";
import { Peer } from "../../../lib/mod.ts";
import type { Connection } from "../../../lib/net/types.ts";

/** Lets the answer of the handshake through, and nothing after it. */
function silent(connection: Connection): Connection {
  let answered = false;
  return {
    remote: connection.remote,
    localHost: connection.localHost,
    read: (into) => connection.read(into),
    write(data) {
      if (answered) return new Promise(() => {});
      answered = true;
      return connection.write(data);
    },
    close: () => connection.close(),
  };
}

const [name, group, folder] = Deno.args as [string, string, string];
await Peer.start({
  name,
  group,
  port: 0,
  interfaces: ["lo"],
  state: join(folder, name),
  inbox: join(folder, `${name}-inbox`),
  testing: {
    streams: (net) => ({
      dial: (to, signal) => net.dial(to, signal),
      listen: (ports, accept) => net.listen(ports, (connection) => accept(silent(connection))),
    }),
  },
  onEvent: ({ event }) => console.log(event),
});
