// Peers that each say lines to one board, all at once. Arguments: folder, name of the board, number of peers, lines of
// each. Writes {"name":"…","statuses":["delivered",…]} for each peer when all of its lines came to their end.
import { join } from "@std/path";
import { Peer } from "../../../lib/mod.ts";
import { PATIENCE } from "../../support/patience.ts";

const [folder, board, peers, lines] = Deno.args as [string, string, string, string];

async function talk(name: string): Promise<void> {
  const peer = await Peer.start({
    name,
    port: 0,
    state: join(folder, name),
    inbox: join(folder, `${name}-inbox`),
  });
  const to = [(await peer.resolve(board, PATIENCE)).id];
  const said = Array.from(
    { length: Number(lines) },
    (_, line) => peer.say(`${name} says ${line}`, { to, timeout: 90_000 }),
  );
  const statuses = (await Promise.all(said)).flat().map(({ status }) => status);
  console.log(JSON.stringify({ name, statuses }));
  await peer.close();
}

await Promise.all(Array.from({ length: Number(peers) }, (_, number) => talk(`peer${number}`)));
