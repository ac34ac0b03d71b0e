import { freePort } from "../../support/free_port.ts";
import { join } from "@std/path";
import { versionOf } from "./machine.ts";

/** How long a broker may take until it answers, milliseconds. */
const PATIENCE = 10_000;

/** A broker on a port of its own on loopback, with its files in a folder. */
export interface Broker extends AsyncDisposable {
  readonly version: string;
  readonly port: number;
  readonly pid: number;
  /** Kills it, and starts it again on its port with its files. */
  restart(): Promise<void>;
}

/** Starts mosquitto. @param persistent true to keep messages of QoS 1 over its end */
export async function mosquitto(folder: string, persistent = false): Promise<Broker> {
  const port = freePort();
  const config = join(folder, "mosquitto.conf");
  await Deno.writeTextFile(
    config,
    [
      `listener ${port} 127.0.0.1`,
      "allow_anonymous true",
      "max_queued_messages 0",
      // Without it each round trip waits 40 ms for a delayed acknowledgement.
      "set_tcp_nodelay true",
      "log_type error",
      ...(persistent ? ["persistence true", `persistence_location ${folder}/`] : []),
      // It drops root's rights else, and then cannot write to this folder.
      "user root",
      "",
    ].join("\n"),
  );
  return await start("mosquitto", ["-c", config], port, ["-h"]);
}

/** Starts NATS, with JetStream in files. */
export async function nats(folder: string): Promise<Broker> {
  const port = freePort();
  const args = ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", join(folder, "nats"), "-l", "/dev/null"];
  return await start("nats-server", args, port, ["--version"]);
}

async function start(
  command: string,
  args: readonly string[],
  port: number,
  version: readonly string[],
): Promise<Broker> {
  const known = await versionOf(command, ...version);
  if (known === undefined) throw new Error(`${command} is missing: apt-get install mosquitto nats-server`);
  const spawn = () =>
    new Deno.Command(command, { args: [...args], stdin: "null", stdout: "null", stderr: "null" }).spawn();
  const kill = async () => {
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await child.status;
  };
  let child = spawn();
  const broker = {
    version: known,
    port,
    get pid() {
      return child.pid;
    },
    async restart() {
      await kill();
      child = spawn();
      await listening(port);
    },
    [Symbol.asyncDispose]: kill,
  };
  try {
    await listening(port);
    return broker;
  } catch (error) {
    await kill();
    throw error;
  }
}

async function listening(port: number): Promise<void> {
  for (const until = performance.now() + PATIENCE;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
