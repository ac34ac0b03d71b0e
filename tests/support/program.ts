import { fromFileUrl, join } from "@std/path";
import { RUNTIME_OPTIONS } from "../../lib/cli/profile/program_command.ts";
import { PATIENCE, pollUntil } from "./patience.ts";

/** The checkout that the tests belong to. */
export const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** How a program is started. */
export interface ProgramOptions {
  /** Added to the environment of the tests, which is passed on without its `EARSHOT_…` and `XDG_…` variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder that it runs in; the checkout unless told. */
  readonly cwd?: string;
  /** Network namespace (`ip netns`) that it runs in; needs root. */
  readonly netns?: string;
  /** `piped` for {@linkcode Program.write}; `null` (an empty input) unless told. */
  readonly stdin?: "piped" | "null";
}

/** A program that ended. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An object of `--json`, of which a test reads what it expects to be there. */
// deno-lint-ignore no-explicit-any
export type JsonLine = Record<string, any>;

/**
 * The command line of Earshot: the binary named by `EARSHOT_PROGRAM`, or this checkout's source on the Deno that runs
 * the tests, with exactly the permissions of the released program.
 */
export function programCommand(): string[] {
  const binary = Deno.env.get("EARSHOT_PROGRAM");
  if (binary) return [binary];
  const config = join(ROOT, "deno.json");
  return [
    Deno.execPath(),
    "run",
    "-q",
    ...RUNTIME_OPTIONS,
    "--cached-only",
    "--config",
    config,
    "-P=earshot",
    join(ROOT, "main.ts"),
  ];
}

/**
 * Environment of a program under test: that of the tests, but for what would make it find the user's own peer, or take
 * itself for a task (`deno task test` sets INIT_CWD).
 */
export function programEnv(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inherited = Object.entries(Deno.env.toObject())
    .filter(([name]) => !/^(EARSHOT_|XDG_STATE|XDG_CONFIG|INIT_CWD)/.test(name));
  const cache = Deno.env.get("DENO_DIR") ??
    join(Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache"), "deno");
  return {
    ...Object.fromEntries(inherited),
    DENO_DIR: cache,
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
    ...env,
  };
}

/** Starts Earshot. Use it with `await using`: what still runs at the end of the block is killed. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const inNamespace = options.netns === undefined ? [] : ["ip", "netns", "exec", options.netns];
  const [command, ...rest] = [...inNamespace, ...programCommand(), ...args];
  return new Program(
    new Deno.Command(command!, {
      args: rest,
      cwd: options.cwd ?? ROOT,
      env: programEnv(options.env),
      clearEnv: true,
      stdin: options.stdin ?? "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
    args.join(" "),
    options.stdin === "piped",
  );
}

/** Runs Earshot to its end, with `input` as its whole standard input where given. */
export async function runProgram(
  args: readonly string[],
  options: ProgramOptions & { readonly input?: string | Uint8Array } = {},
): Promise<ProgramResult> {
  await using program = startProgram(args, {
    ...options,
    stdin: options.input === undefined ? options.stdin : "piped",
  });
  if (options.input !== undefined) {
    await program.write(options.input);
    await program.endInput();
  }
  return await program.ended();
}

/** A running Earshot: its output by lines, its input, its end. */
export class Program implements AsyncDisposable {
  /** Everything it wrote to standard error so far. */
  stderr = "";
  /** When it was started, milliseconds since 1970. */
  readonly began = Date.now();
  /** Complete lines of standard output so far, without their newline. */
  readonly lines: string[] = [];
  /** Exit code, once it ended (128 + number where a signal killed it). */
  readonly exitCode: Promise<number>;
  readonly #process: Deno.ChildProcess;
  readonly #title: string;
  readonly #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #taken = new Set<number>();
  readonly #wake = new Set<() => void>();
  #over = false;

  /** @param title what failures call it */
  constructor(process: Deno.ChildProcess, title: string, piped: boolean) {
    this.#process = process;
    this.#title = title;
    this.#input = piped ? process.stdin.getWriter() : undefined;
    this.#output = process.stdout.getReader();
    const output = Promise.all([
      readLines(this.#output, (line) => {
        this.lines.push(line);
        this.#changed();
      }),
      readText(process.stderr.getReader(), (text) => {
        this.stderr += text;
        this.#changed();
      }),
    ]);
    this.exitCode = process.status.then(async (status) => {
      await output;
      this.#over = true;
      this.#changed();
      return status.code;
    });
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Everything it wrote to standard output in whole lines. */
  get stdout(): string {
    return this.lines.map((line) => line + "\n").join("");
  }

  /** Waits for a line of standard output that no earlier wait took. Fails when the program ends without it. */
  waitForLine(match: RegExp | ((line: string) => boolean), patience = PATIENCE): Promise<string> {
    const fits = typeof match === "function" ? match : (line: string) => match.test(line);
    return this.#until(`a line that fits ${match}`, patience, () => {
      const at = this.lines.findIndex((line, index) => !this.#taken.has(index) && fits(line));
      if (at < 0) return undefined;
      this.#taken.add(at);
      return this.lines[at]!;
    });
  }

  /** Waits for a line of JSON in which every one of `fields` has the given value. */
  async waitForJson(fields: JsonLine, patience = PATIENCE): Promise<JsonLine> {
    const line = await this.waitForLine((line) => {
      const object = asJson(line);
      return object !== undefined && Object.entries(fields).every(([key, value]) => object[key] === value);
    }, patience).catch((error) => {
      throw new Error(`${JSON.stringify(fields)}: ${error.message}`);
    });
    return asJson(line)!;
  }

  /** Waits for an event of `run --json`. */
  waitForEvent(event: string, fields: JsonLine = {}, patience = PATIENCE): Promise<JsonLine> {
    return this.waitForJson({ event, ...fields }, patience);
  }

  /** Every line of JSON so far. */
  json(): JsonLine[] {
    return this.lines.flatMap((line) => asJson(line) ?? []);
  }

  /** Its event `ready`. A warning may come before it. */
  get ready(): JsonLine {
    const ready = this.json().find(({ event }) => event === "ready");
    if (!ready) throw new Error(`${this.#title} is not ready yet`);
    return ready;
  }

  /** Waits until standard error holds something. */
  waitForStderr(match: RegExp, patience = PATIENCE): Promise<string> {
    return this.#until(`${match} on standard error`, patience, () => match.exec(this.stderr)?.[0]);
  }

  /** Writes to its standard input. */
  async write(text: string | Uint8Array): Promise<void> {
    await this.#input!.write(typeof text === "string" ? new TextEncoder().encode(text) : text);
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#input?.close().catch(() => {/* closed already */});
  }

  /** Stops reading its standard output, as `head` does. */
  async closeOutput(): Promise<void> {
    await this.#output.cancel();
  }

  /** Waits until somebody answers on a Unix socket: it has started, then. */
  async waitForSocket(path: string): Promise<void> {
    await pollUntil(async () => {
      const connection = await Deno.connect({ transport: "unix", path }).catch(() => undefined);
      connection?.close();
      return connection !== undefined || this.#over;
    }, () => `earshot ${this.#title}: nobody listens on ${path}`);
  }

  /** Waits for its own end. */
  async ended(patience = PATIENCE): Promise<ProgramResult> {
    await this.#until("its end", patience, () => this.#over || undefined);
    return { code: await this.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<ProgramResult> {
    this.signal(signal);
    return await this.ended();
  }

  /** Sends a signal, where it still runs. */
  signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch { /* it ended meanwhile */ }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.endInput();
    await this.exitCode;
  }

  #changed(): void {
    for (const wake of [...this.#wake]) wake();
  }

  #until<T>(what: string, patience: number, look: () => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (why: string) =>
      reject(
        new Error(
          `earshot ${this.#title}: ${why} before ${what}\n-- stdout\n${this.stdout}-- stderr\n${this.stderr}`,
        ),
      );
    const timer = setTimeout(() => fail(`${patience} ms passed`), patience);
    const wake = () => {
      const found = look();
      if (found !== undefined) {
        // At once: what it looks for may come again before anybody has learnt that it was found.
        this.#wake.delete(wake);
        resolve(found);
      } else if (this.#over) fail("it ended");
    };
    this.#wake.add(wake);
    wake();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#wake.delete(wake);
    });
  }
}

/**
 * How late this machine may be with anything: what the slowest of these peers took to start beyond a second, milliseconds.
 * A test of how fast something happens allows for it.
 */
export function lateness(...peers: readonly Program[]): number {
  const starts = peers.map((peer) => peer.ready.at - peer.began);
  return Math.max(0, ...starts.map((ms) => ms - 1_000));
}

/** A home for programs under test: an own HOME and state folder, away from those of the user. */
export interface TestHome {
  /** The folder. */
  readonly path: string;
  /** What to add to the environment of a program that lives there. */
  readonly env: Record<string, string>;
}

/** Makes a home, hands it to `fn`, and removes it afterwards. */
export async function withHome(fn: (home: TestHome) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "earshot-test-" });
  try {
    await fn({ path, env: homeEnv(path) });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Environment of a program whose home is `path`. */
export function homeEnv(path: string): Record<string, string> {
  return { HOME: path, EARSHOT_STATE: join(path, "state") };
}

function asJson(line: string): JsonLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function readText(reader: Reader, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for (let chunk; !(chunk = await reader.read()).done;) take(decoder.decode(chunk.value, { stream: true }));
}

async function readLines(reader: Reader, take: (line: string) => void): Promise<void> {
  let rest = "";
  await readText(reader, (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) take(line);
  });
  if (rest !== "") take(rest);
}
