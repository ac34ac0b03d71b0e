// Takes the datagrams of the group and does nothing with them: what the runtime itself costs. `listener.ts`.

import { createSocket } from "node:dgram";
import { EARSHOT_PORT, GROUP_IPV4 } from "../../../lib/protocol/limits.ts";
import { serve } from "../harness/serve.ts";

const socket = createSocket({ type: "udp4", reuseAddr: true });
await new Promise<void>((resolve) => socket.bind(EARSHOT_PORT, GROUP_IPV4, resolve));
socket.addMembership(GROUP_IPV4, "127.0.0.1");
socket.on("message", () => {});
await serve(null, {});
