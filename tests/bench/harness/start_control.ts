import { fromFileUrl, join } from "@std/path";
import { createSocket, type Socket } from "node:dgram";
import { ROOT } from "../../support/program.ts";

const SCRIPT = fromFileUrl(new URL("../workers/start.ts", import.meta.url));
const STORE = fromFileUrl(new URL("../workers/start_store.ts", import.meta.url));
const PERMISSIONS = ["--config", join(ROOT, "deno.json"), "-P=earshot"];

/** A program that does the least that a command has to, from source or, beside a compiled program, compiled as well. */
export class StartControl implements AsyncDisposable {
  readonly #folder: string;
  readonly #command: readonly string[];
  readonly #socket: Deno.Listener<Deno.UnixConn>;
  readonly #tcp: Deno.TcpListener;
  readonly #udp: Socket;

  private constructor(folder: string, command: readonly string[]) {
    this.#folder = folder;
    this.#command = command;
    this.#socket = Deno.listen({ transport: "unix", path: join(folder, "control.sock") });
    this.#tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const udp = this.#udp = createSocket("udp4");
    udp.on("message", (_, from) => udp.send(new Uint8Array(200), from.port, from.address)).bind(
      0,
      "127.0.0.1",
    );
    void answerStreams(this.#socket);
    void answerStreams(this.#tcp);
  }

  /** Makes it ready in a folder of its own. @param isCompiled true beside a compiled program */
  static async open(folder: string, isCompiled: boolean): Promise<StartControl> {
    await Deno.mkdir(folder);
    if (!isCompiled) {
      return new StartControl(folder, [Deno.execPath(), "run", "-q", ...PERMISSIONS, SCRIPT]);
    }
    const program = join(folder, "control");
    const args = [
      "compile",
      "-q",
      "--no-check",
      ...PERMISSIONS,
      "--include",
      STORE,
      "--output",
      program,
      SCRIPT,
    ];
    const compiler = Deno.env.get("EARSHOT_COMPILER") ?? Deno.execPath();
    const { success, stderr } = await new Deno.Command(compiler, { args, stdin: "null" }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new StartControl(folder, [program]);
  }

  /** Time of a program that does nothing, milliseconds. */
  bare(): Promise<number> {
    return this.#run(["nothing"]);
  }

  /** Time of what `send` has to do through a running peer, milliseconds. */
  with(file: string): Promise<number> {
    return this.#run(["with", join(this.#folder, "control.sock"), file]);
  }

  /** Time of what `send` has to do without one, milliseconds. */
  without(file: string): Promise<number> {
    const ports = [this.#udp.address().port, this.#tcp.addr.port].map(String);
    return this.#run(["without", this.#folder, ...ports, file]);
  }

  /** Time until what `run` has to do is done, milliseconds. */
  async ready(): Promise<number> {
    const begin = performance.now();
    await using program = this.#start(["ready", this.#folder], "piped");
    await program.stdout.getReader().read();
    return performance.now() - begin;
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const each of [this.#socket, this.#tcp, this.#udp]) each.close();
    return Promise.resolve();
  }

  async #run(args: string[]): Promise<number> {
    const begin = performance.now();
    const { success } = await this.#start(args, "null").status;
    if (!success) throw new Error(`the control program failed: ${args.join(" ")}`);
    return performance.now() - begin;
  }

  #start(args: string[], stdout: "piped" | "null"): Deno.ChildProcess {
    const [program, ...rest] = this.#command;
    return new Deno.Command(program!, { args: [...rest, ...args], stdin: "null", stdout, stderr: "null" })
      .spawn();
  }
}

/** Answers the first bytes on each connection. */
async function answerStreams(listener: Deno.Listener): Promise<void> {
  for await (const connection of listener) {
    connection.read(new Uint8Array(65_536))
      .then(() => connection.write(new Uint8Array(36)))
      .catch(() => {})
      .finally(() => connection.close());
  }
}
