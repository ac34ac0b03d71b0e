import type { Lan } from "../../support/lan.ts";
import { patient } from "../../support/patience.ts";

/** What an agent tells, one line of JSON. */
// deno-lint-ignore no-explicit-any
export type AgentEvent = any;

/** A script that takes orders on stdin and tells events on stdout, both lines of JSON. */
export class Agent implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #changed = Promise.withResolvers<void>();
  #ended = false;
  /** Everything that it has told. */
  readonly events: AgentEvent[] = [];

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#orders = child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Runs `tests/unit/net/<script>` on a host of a lab, or on this machine. */
  static async start(
    lan: Lan | undefined,
    host: string,
    script: string,
    options: unknown,
    command: readonly string[] = [],
  ): Promise<Agent> {
    const args = [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-net",
      "--allow-sys=networkInterfaces",
      new URL(script, import.meta.url).pathname,
      JSON.stringify(options),
    ];
    const agent = new Agent(
      lan
        ? lan.exec(host, [...command, Deno.execPath(), ...args], { stdin: "piped", stderr: "inherit" })
        : new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "inherit" })
          .spawn(),
    );
    await agent.event((event) => event.ready !== undefined);
    return agent;
  }

  /** Gives an order. */
  async order(order: unknown): Promise<void> {
    await this.#orders.write(new TextEncoder().encode(JSON.stringify(order) + "\n"));
  }

  /** The first event, since the start or from number `from` on, that fits. */
  async event(fits: (event: AgentEvent) => boolean, from = 0): Promise<AgentEvent> {
    for (;;) {
      const found = this.events.slice(from).find(fits);
      if (found) return found;
      if (this.#ended) {
        const { code, signal } = await this.#child.status;
        throw new Error(`the agent has ended (${signal ?? code}) after ${JSON.stringify(this.events)}`);
      }
      await patient(this.#changed.promise, () => JSON.stringify(this.events));
    }
  }

  /** The datagram with this text. */
  got(text: string, link?: string): Promise<AgentEvent> {
    return this.event((event) => event.got === text && (link === undefined || event.link === link));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended by itself */ }
    await this.#child.status;
    await this.#orders.abort().catch(() => {});
    await this.#reading;
  }

  async #read(): Promise<void> {
    let buffered = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (buffered + text).split("\n");
      buffered = lines.pop()!;
      this.events.push(...lines.map((line) => JSON.parse(line)));
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
    this.#ended = true;
    this.#changed.resolve();
  }
}
