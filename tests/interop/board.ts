import { join } from "@std/path";
import type { Lan, LanOptions } from "../support/lan.ts";
import { PATIENCE } from "../support/patience.ts";
import { Program, ROOT } from "../support/program.ts";
import { lacks, requiredNeeds } from "../support/require.ts";
import { type LabHost, lanTest } from "../lan/lab.ts";

/**
 * How a board is built: on the sockets of its host, or on lwIP with the limits of a chip, behind a TAP device. Every
 * look outside of its memory is noticed in both.
 */
export type Kind = "posix" | "lwip";

/** Both builds. */
export const KINDS: readonly Kind[] = ["posix", "lwip"];

/** What can be started: a build, or `lean`, on sockets and without the features that can be left out. */
export type Build = Kind | "lean";

const FIRMWARE = join(ROOT, "firmware");
/** A folder of our own: `make check` may run at the same time. */
const BUILD = "build/interop";
const TARGETS: Record<Build, string> = {
  posix: `${BUILD}/earshot-board-asan`,
  lean: `${BUILD}/earshot-board-lean`,
  lwip: `${BUILD}/earshot-board-lwip`,
};

/** Which boards can be made here, or have to be. */
const CAN_RUN = lacks("firmware") ? { posix: false, lwip: false } : { posix: true, lwip: hasLwip() };

/** Runs something of the firmware's that no other process may do at the same time; gives what went wrong. */
function alone(command: string, ...args: string[]): string | undefined {
  Deno.mkdirSync(join(FIRMWARE, BUILD), { recursive: true });
  using lock = Deno.openSync(join(FIRMWARE, BUILD, "lock"), { write: true, create: true });
  lock.lockSync(true);
  const { success, stderr } = new Deno.Command(command, {
    args,
    cwd: FIRMWARE,
    stdin: "null",
    stdout: "null",
  }).outputSync();
  return success ? undefined : new TextDecoder().decode(stderr);
}

/** Whether there is the source of lwIP; where all must be there, making it says what went wrong. */
function hasLwip(): boolean {
  return requiredNeeds().includes("firmware") ||
    alone("make", "--no-print-directory", "-s", `BUILD=${BUILD}`, "lwip-source") === undefined;
}

function make(kind: Build): void {
  const problem = alone("make", "--no-print-directory", "-s", "-j2", `BUILD=${BUILD}`, TARGETS[kind]);
  if (problem !== undefined) throw new Error(`the firmware does not compile:\n${problem}`);
}

for (const kind of KINDS) if (CAN_RUN[kind]) make(kind);
if (CAN_RUN.posix) make("lean");

/** Makes programs, and gives the arguments of `make` with which they are run. */
export function makeForPages(...programs: string[]): string[] {
  const args = ["--no-print-directory", "-s", "-C", FIRMWARE, `BUILD=${BUILD}`];
  const problem = alone("make", ...args, "-j2", ...programs.map((program) => `${BUILD}/${program}`));
  if (problem !== undefined) throw new Error(`the firmware does not compile:\n${problem}`);
  return args;
}

/** Options of the lab, and which builds a test is for: both, unless told. */
export type BoardTestOptions = Omit<LanOptions, "hosts"> & { readonly kinds?: readonly Kind[] };

/**
 * A test with the program on some hosts and boards on others, once for each build. Ignored where there can be none.
 *
 * @param fn gets how its boards are to be built beside lab and hosts
 */
export function boardTest(
  name: string,
  hosts: readonly string[],
  fn: (kind: Kind, lan: Lan, ...hosts: LabHost[]) => Promise<void>,
  { kinds = KINDS, ...options }: BoardTestOptions = {},
): void {
  for (const kind of kinds) {
    const title = kinds.length > 1 && kind === "lwip" ? `${name} (lwIP)` : name;
    if (CAN_RUN[kind]) lanTest(title, hosts, (lan, ...hosts) => fn(kind, lan, ...hosts), options);
    else Deno.test({ name: title, ignore: true, fn: () => {} });
  }
}

/** A running board: its standard output has a line for each event. Use it with `await using`. */
export class Board implements AsyncDisposable {
  /** Its node id, once it is ready. */
  id = "";

  /** @param state its state folder */
  private constructor(readonly program: Program, readonly state: string) {}

  /** Starts the board of a host. What it keeps, it keeps in the host's home. */
  static async start(kind: Build, host: LabHost, ...options: string[]): Promise<Board> {
    const state = join(host.home, "board");
    const network = kind === "lwip" ? await ownNetwork(host) : [];
    const command = [join(FIRMWARE, TARGETS[kind]), "--verbose", "--name", host.name, "--state", state];
    // What is kept of freed memory, to notice who still uses it, would be most of all that a board takes.
    const env = { ASAN_OPTIONS: "quarantine_size_mb=8:handle_abort=1" };
    const process = host.lan.exec(host.name, [...command, ...network, ...options], { stdin: "piped", env });
    const board = new Board(new Program(process, `board ${host.name}`, true), state);
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

  /** Contents of all files that it has received. */
  contents(): string[] {
    const inbox = join(this.state, "inbox");
    return [...Deno.readDirSync(inbox)].map(({ name }) => Deno.readTextFileSync(join(inbox, name)));
  }

  /** Waits until its storage was written to so many times from now on. */
  async writes(count: number): Promise<void> {
    const watcher = Deno.watchFs(join(this.state, "arriving"));
    const timer = setTimeout(() => watcher.close(), PATIENCE);
    try {
      for await (const { kind } of watcher) if (kind === "modify" && --count <= 0) return;
    } finally {
      clearTimeout(timer);
    }
    throw new Error(`the board wrote ${count} times less than it should:\n${this.program.stdout}`);
  }

  /** Cuts its power: nothing of it happens afterwards. */
  async kill(): Promise<void> {
    this.program.signal("SIGKILL");
    await this.program.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

/** Options of a board with a network of its own: the host's cable is its, under the host's IPv4 address. */
async function ownNetwork({ lan, name }: LabHost): Promise<string[]> {
  await lan.tap(name);
  const mac = `02:00:00:00:00:${lan.number(name).toString(16).padStart(2, "0")}`;
  const address = lan.hasIpv4 ? ["--address", `${lan.address(name, 4)}/24`] : [];
  return ["--interface", "tap0", "--mac", mac, ...address];
}
