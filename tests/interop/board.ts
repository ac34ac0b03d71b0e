import { join } from "@std/path";
import type { Lan } from "../support/lan.ts";
import { PATIENCE, Program, ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { type LabHost, lanTest } from "../lan/lab.ts";

/** Whether boards can be made here, or have to be. */
export const canRunBoards = !lacks("firmware");

/** A folder of our own: `make check` may run at the same time. */
const BUILD = "build/interop";

/** The board as a program, with every look outside of its memory noticed; made once for all tests of a process. */
const EXECUTABLE = canRunBoards ? make(`${BUILD}/earshot-board-asan`) : "";

function make(target: string): string {
  const { success, stderr } = new Deno.Command("make", {
    args: ["--no-print-directory", "-s", "-j2", "-C", join(ROOT, "firmware"), `BUILD=${BUILD}`, target],
    stdin: "null",
    stdout: "null",
  }).outputSync();
  if (!success) throw new Error(`the firmware does not compile:\n${new TextDecoder().decode(stderr)}`);
  return join(ROOT, "firmware", target);
}

/** A test with the program on some hosts and boards on others; ignored where there can be none. */
export function boardTest(
  name: string,
  hosts: readonly string[],
  fn: (lan: Lan, ...hosts: LabHost[]) => Promise<void>,
): void {
  if (canRunBoards) lanTest(name, hosts, fn);
  else Deno.test({ name, ignore: true, fn: () => {} });
}

/** A running board: its standard output has a line for each event. Use it with `await using`. */
export class Board implements AsyncDisposable {
  /** Its node id, once it is ready. */
  id = "";

  /** @param state its state folder */
  private constructor(readonly program: Program, readonly state: string) {}

  /** Starts the board of a host. What it keeps, it keeps in the host's home. */
  static start(host: LabHost, ...options: string[]): Promise<Board> {
    const state = join(host.home, "board");
    const command = [EXECUTABLE, "--verbose", "--name", host.name, "--state", state, ...options];
    return Board.#ready(host.lan.exec(host.name, command, { stdin: "piped" }), host.name, state);
  }

  /** Starts a board on the loopback interface, which keeps what it keeps in a folder of its name in `folder`. */
  static onLoopback(name: string, folder: string, ...options: string[]): Promise<Board> {
    const state = join(folder, name);
    const args = ["--verbose", "--interface", "lo", "--name", name, "--state", state, ...options];
    const process = new Deno.Command(EXECUTABLE, { args, stdin: "piped", stdout: "piped", stderr: "piped" });
    return Board.#ready(process.spawn(), name, state);
  }

  static async #ready(process: Deno.ChildProcess, name: string, state: string): Promise<Board> {
    const board = new Board(new Program(process, `board ${name}`, true), state);
    board.id = /^ready (\S+)/.exec(await board.heard(/^ready /))![1]!;
    return board;
  }

  /** Waits for a line that no earlier wait took. */
  heard(match: RegExp | ((line: string) => boolean), patience = PATIENCE): Promise<string> {
    return this.program.waitForLine(match, patience);
  }

  /** Gives the board a line on its standard input. */
  async order(line: string): Promise<void> {
    await this.program.write(line + "\n");
  }

  /** Bytes of a document that it says it has taken: a line of {@linkcode heard} that begins with `document`. */
  document(line: string): Uint8Array {
    return Deno.readFileSync(join(this.state, "inbox", line.split(" ")[3]!));
  }

  /** Names of all files that it has received. */
  files(): string[] {
    return [...Deno.readDirSync(join(this.state, "inbox"))].map(({ name }) => name).toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}
