import { PATIENCE, pollUntil } from "./patience.ts";
import { programCommand, programEnv, ROOT } from "./program.ts";

/** Options of {@linkcode Terminal.open}. */
export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What the terminal itself puts into the environment, `TERM` unless told. */
  readonly termEnv?: Readonly<Record<string, string>>;
  /** Size of the screen; 100 × 30 unless told. */
  readonly columns?: number;
  readonly rows?: number;
}

/** Options of {@linkcode Terminal.shell}. */
export interface ShellOptions extends TerminalOptions {
  /** The shell and its arguments. */
  readonly shell?: readonly string[];
}

/** Earshot in a real terminal: a tmux server of its own, killed at the end (use `await using`). */
export class Terminal implements AsyncDisposable {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Starts Earshot with `args` in a fresh terminal. Its exit code stays on the screen as `[exit N]`. */
  static open(args: readonly string[], options: TerminalOptions = {}): Promise<Terminal> {
    const command = programLine(args);
    return Terminal.#start((env) => `${env} ${command}; echo "[exit $?]"; exec sleep 600`, options);
  }

  /** Starts a shell with job control, in which {@linkcode programLine} can be typed; `sh` unless told. */
  static shell({ shell = ["sh", "-i"], ...options }: ShellOptions = {}): Promise<Terminal> {
    return Terminal.#start((env) => `exec ${env} PS1='$ ' ${shell.map(quote).join(" ")}`, options);
  }

  static async #start(command: (env: string) => string, options: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal(`earshot-${crypto.randomUUID().slice(0, 8)}`);
    const env = Object.entries({ ...programEnv(options.env), TERM: "screen-256color", ...options.termEnv })
      .map(([name, value]) => quote(`${name}=${value}`)).join(" ");
    await terminal.#tmux(
      ...["-u", "-f", "/dev/null", "new-session", "-d", "-s", "main"],
      ...["-x", String(options.columns ?? 100), "-y", String(options.rows ?? 30), "-c", options.cwd ?? ROOT],
      command(`env -i ${env}`),
    );
    return terminal;
  }

  /** Pastes, between brackets if the program has asked for them; line breaks as a terminal sends them. */
  async paste(text: string): Promise<void> {
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, text);
      await this.#tmux("load-buffer", file);
    } finally {
      await Deno.remove(file);
    }
    await this.#tmux("paste-buffer", "-p", "-t", "main");
  }

  /** Gives the window another size. tmux wraps its rows at once, and lets the programs in it know a moment later. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-t", "main", "-x", `${columns}`, "-y", `${rows}`);
    const tty = (await this.#tmux("display-message", "-p", "-t", "main", "#{pane_tty}")).trim();
    const size = async () => {
      const { stdout } = await new Deno.Command("stty", { args: ["-F", tty, "size"] }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    await pollUntil(
      async () => await size() === `${rows} ${columns}`,
      () => `${columns} × ${rows} at ${tty}`,
    );
  }

  /** Types literally. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-t", "main", "-l", "--", text);
  }

  /** Presses keys by tmux's names: `Enter`, `Tab`, `C-c`, `Left`, … */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys", "-t", "main", ...keys);
  }

  /** The lines of the screen, without trailing blanks. */
  async screen(): Promise<string[]> {
    const text = await this.#tmux("capture-pane", "-p", "-t", "main");
    return text.trimEnd().split("\n").map((line) => line.trimEnd());
  }

  /** The screen with the escape sequences of its colours. */
  async raw(): Promise<string> {
    return await this.#tmux("capture-pane", "-p", "-e", "-t", "main");
  }

  /** The title that programs gave the terminal. */
  async title(): Promise<string> {
    return (await this.#tmux("display-message", "-p", "-t", "main", "#{pane_title}")).trim();
  }

  /** Waits until the screen fits, and gives it. tmux tells of no change, so it is looked at again and again. */
  async waitFor(match: RegExp | ((lines: string[]) => boolean), patience = PATIENCE): Promise<string[]> {
    const fits = typeof match === "function" ? match : (lines: string[]) => match.test(lines.join("\n"));
    const until = performance.now() + patience;
    while (true) {
      const lines = await this.screen();
      if (fits(lines)) return lines;
      if (performance.now() > until) throw new Error(`no ${match} on the screen:\n${lines.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server").catch(() => {/* it ended by itself */});
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-L", this.#socket, ...args],
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`tmux ${args[0]}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }
}

/** The line that starts Earshot in a shell. */
export function programLine(args: readonly string[]): string {
  return [...programCommand(), ...args].map(quote).join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
