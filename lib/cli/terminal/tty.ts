/** Callbacks for what a user does at the terminal. */
export interface TtyListener {
  readonly input: (bytes: Uint8Array) => void;
  /** The input has ended. */
  readonly ended: () => void;
  readonly resized: () => void;
  /** The program continues after a stop: other programs have drawn on the screen. */
  readonly resumed: () => void;
  /** The program is about to be stopped: clear what is drawn. */
  readonly leaving: () => void;
  /**
   * Ctrl-Z cannot stop the program, or the shell would not come back; `where` names the place as the end of a sentence.
   */
  readonly unstoppable: (where: string) => void;
}

const BRACKETS_ON = "\x1b[?2004h";
const BRACKETS_OFF = "\x1b[?2004l";

const IS_WINDOWS = Deno.build.os === "windows";

/**
 * The terminal of this process while a program draws on it: keys arrive one by one, pastes between brackets. When the
 * program ends or is stopped, in whatever way, the terminal is as it was before.
 */
export class Tty {
  readonly #write: (text: string) => void;
  readonly #flush: () => Promise<void>;
  #listener: TtyListener | undefined;
  #isRaw = false;
  readonly #signals: [Deno.Signal, () => void][] = IS_WINDOWS ? [] : [
    ["SIGWINCH", () => this.#listener?.resized()],
    ["SIGTSTP", () => void this.#stop()],
    ["SIGCONT", () => this.#resume()],
  ];
  /** Restores the terminal even if a fault ends the program. */
  readonly #unload = () => this.#leave((text) => Deno.stdout.writeSync(new TextEncoder().encode(text)));

  /**
   * @param write draws a text
   * @param flush resolves when all is drawn
   */
  constructor(write: (text: string) => void, flush: () => Promise<void>) {
    this.#write = write;
    this.#flush = flush;
  }

  get columns(): number {
    return sizeOfTerminal().columns;
  }

  get rows(): number {
    return sizeOfTerminal().rows;
  }

  open(listener: TtyListener): void {
    this.#listener = listener;
    globalThis.addEventListener("unload", this.#unload);
    for (const [signal, act] of this.#signals) Deno.addSignalListener(signal, act);
    this.#enter();
    void this.#read();
  }

  close(): void {
    if (this.#listener === undefined) return;
    this.#listener = undefined;
    for (const [signal, act] of this.#signals) Deno.removeSignalListener(signal, act);
    this.#leave(this.#write);
    globalThis.removeEventListener("unload", this.#unload);
  }

  #enter(): void {
    // Ctrl-C and Ctrl-Z reach everything that the shell has started.
    Deno.stdin.setRaw(true, { cbreak: !IS_WINDOWS });
    this.#isRaw = true;
    this.#write(BRACKETS_ON);
  }

  #leave(write: (text: string) => void): void {
    if (!this.#isRaw) return;
    this.#isRaw = false;
    try {
      write(BRACKETS_OFF);
      Deno.stdin.setRaw(false);
    } catch { /* the terminal was closed */ }
  }

  /** Does what the signal would do without a listener. */
  async #stop(): Promise<void> {
    if (isUnderTask()) {
      return this.#listener?.unstoppable("under `deno task` (`earshot` itself can be stopped)");
    }
    this.#listener?.leaving();
    this.#leave(this.#write);
    await this.#flush();
    try {
      Deno.kill(Deno.pid, "SIGSTOP");
    } catch {
      // Older versions of Deno do not let a program stop itself unless it may run others.
      this.#resume();
      this.#listener?.unstoppable("with this version of Deno");
    }
  }

  #resume(): void {
    if (this.#listener === undefined) return;
    this.#enter();
    this.#listener.resumed();
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(64 * 1024);
    // A closed terminal has no more input either.
    const next = () => Deno.stdin.read(chunk).catch(() => null);
    for (let count; this.#listener !== undefined && (count = await next()) !== null;) {
      this.#listener?.input(chunk.subarray(0, count));
    }
    this.#listener?.ended();
  }
}

/**
 * Tells whether `deno task` runs this program. The shell waits for that task, which does not stop with us, so that
 * Ctrl-Z would block the terminal.
 */
function isUnderTask(): boolean {
  const isTask = Deno.env.has("INIT_CWD") &&
    (Deno.env.get("npm_config_user_agent") ?? "").startsWith("deno/");
  return isTask && !Deno.env.has("npm_command");
}

/** Returns the size of the terminal; 80 columns and 24 rows if that is not known. */
export function sizeOfTerminal(): { readonly columns: number; readonly rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    return { columns: 80, rows: 24 };
  }
}
