import { fromFileUrl } from "@std/path";
import { jsonLine, jsonLines } from "./lines.ts";
import type { Answer } from "./serve.ts";

/** How long a worker may take for an order, milliseconds. */
const PATIENCE = 240_000;

/** A process that obeys orders: a script of `tests/bench/workers/`, or any command that answers in the same way. */
export class Worker implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncGenerator<Answer>;
  // deno-lint-ignore no-explicit-any
  #ready: any;

  private constructor(command: readonly string[]) {
    const [program, ...args] = command;
    this.#child = new Deno.Command(program!, { args, stdin: "piped", stdout: "piped", stderr: "inherit" })
      .spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#answers = jsonLines(this.#child.stdout);
  }

  /** Starts a worker, and waits until it is ready. Packages of rivals are no dependencies: they are not locked. */
  static async start(script: string, ...args: string[]): Promise<Worker> {
    return await Worker.startIn([], script, ...args);
  }

  /** {@linkcode start}, by another command, such as one that enters a network namespace. */
  static async startIn(place: readonly string[], script: string, ...args: string[]): Promise<Worker> {
    const file = fromFileUrl(new URL(`../workers/${script}`, import.meta.url));
    const command = [Deno.execPath(), "run", "-q", "--no-lock", "-P=test", file, ...args];
    return await Worker.run([...place, ...(script.endsWith(".ts") ? command : [file, ...args])]);
  }

  /** {@linkcode start}, with options of the runtime. */
  static async startWith(
    { script, options }: { readonly script: string; readonly options: readonly string[] },
    ...args: string[]
  ): Promise<Worker> {
    const file = fromFileUrl(new URL(`../workers/${script}`, import.meta.url));
    return await Worker.run([
      Deno.execPath(),
      "run",
      "-q",
      "--no-lock",
      "-P=test",
      ...options,
      file,
      ...args,
    ]);
  }

  /** Starts any command as a worker. */
  static async run(command: readonly string[]): Promise<Worker> {
    const worker = new Worker(command);
    try {
      worker.#ready = (await worker.#next(command.join(" "))).value;
    } catch (error) {
      await worker[Symbol.asyncDispose]();
      throw error;
    }
    return worker;
  }

  /** What it said when it was ready. */
  // deno-lint-ignore no-explicit-any
  get ready(): any {
    return this.#ready;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Gives an order and waits for the answer. */
  async order<T = unknown>(name: string, argument: unknown = null): Promise<Answer<T>> {
    await this.#writer.write(jsonLine([name, argument]));
    return await this.#next(name) as Answer<T>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.#child.status;
    await this.#writer.abort().catch(() => {});
    await this.#answers.return(undefined).catch(() => {});
  }

  async #next(what: string): Promise<Answer> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer to ${what}`)), PATIENCE);
    try {
      const { value, done } = await Promise.race([this.#answers.next(), promise]);
      if (done) throw new Error(`the worker ended before it answered ${what}`);
      return value;
    } finally {
      clearTimeout(timer);
    }
  }
}
