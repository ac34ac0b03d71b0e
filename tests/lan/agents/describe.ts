// A peer called bert that answers every question with the JSON given. Arguments: state folder, answer.
import { join } from "@std/path";
import { Peer } from "../../../lib/mod.ts";

const [state, answer] = Deno.args as [string, string];
await Peer.start({ name: "bert", state, inbox: join(state, "in"), onAsk: () => JSON.parse(answer) });
console.log("up");
