// A program of somebody else's: a thermometer hands its reading to a logger, both in this process, on loopback.
// Prints how the delivery ended, and the reading as it lies in the logger's inbox. Argument: a folder for both.

import { ExitCode, Peer, type PeerOptions, UserError } from "../../../lib/mod.ts";

const folder = Deno.args[0]!;
const group = `example-${crypto.randomUUID().slice(0, 8)}`;
const options = (name: string): PeerOptions => ({
  name,
  group,
  interfaces: ["127.0.0.1"],
  port: 0,
  state: `${folder}/${name}`,
  inbox: `${folder}/${name}-inbox`,
});

await using logger = await Peer.start(options("logger"));
await using thermometer = await Peer.start(options("thermometer"));
const { promise: arrived, resolve } = Promise.withResolvers<string>();
logger.on((event) => {
  if (event.event === "document") resolve(event.path);
});
const to = await thermometer.resolve("logger", 30_000);
const reading = new TextEncoder().encode(JSON.stringify({ celsius: 21.5 }));
const [result] = await thermometer.send(reading, { to: [to.id], name: "reading.json", timeout: 30_000 });
console.log(result?.status, await Deno.readTextFile(await arrived));
try {
  await thermometer.resolve("nobody", 0);
} catch (error) {
  console.log(error instanceof UserError && error.exitCode === ExitCode.nobody);
}
