// Where the evidence is taken: hosts that are network namespaces on one bridge, three with the program, one with a board
// built for Linux, one with nothing but the tools that any system has.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type LabHost, withLab } from "../lan/lab.ts";
import type { Lan } from "../support/lan.ts";
import { Program, ROOT } from "../support/program.ts";
import { Capture } from "./capture.ts";

/** Hosts that run the program. */
export const PEERS = ["anna", "bert", "carla"] as const;
/** The one of them whose plain gateway is open. */
export const GATEWAY = "carla";
/** Host with nothing but the tools that any system has. */
export const TOOL = "tool";
/** Host with the board. */
export const BOARD = "oven";

/** Longest wait for anything that a task expects, milliseconds. */
export const PATIENCE = 20_000;

const FIRMWARE = join(ROOT, "firmware");
const BOARD_PROGRAM = "build/earshot-board";

/** Everything that takes part, running. */
export class Stage {
  /** The running peer, or the board, of each host. */
  readonly running = new Map<string, Program>();
  /** Screen of each host: what was typed on it, and what came back. */
  readonly #screens = new Map<string, string[]>();

  constructor(readonly lan: Lan, readonly hosts: ReadonlyMap<string, LabHost>, readonly capture: Capture) {}

  /** The host of this name. */
  host(name: string): LabHost {
    return this.hosts.get(name)!;
  }

  /** The running peer or board of a host. */
  peer(name: string): Program {
    return this.running.get(name)!;
  }

  /** Folder of what came in on a host from `sender`. */
  inbox(name: string, sender: string): string {
    return join(this.host(name).home, "earshot-inbox", sender);
  }

  /** Path of a host's file as its user would write it. */
  short(name: string, path: string): string {
    return path.replace(this.host(name).home, "~");
  }

  /** Runs a command of the program on a host and expects that it succeeds; returns what it printed. */
  async earshot(name: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.host(name).run(...args);
    this.#show(name, `$ earshot ${args.map(quote).join(" ")}`, stdout + stderr);
    assertEquals(code, 0, `earshot ${args.join(" ")} on ${name}: ${stderr}`);
    return stdout;
  }

  /** Runs any other command on a host and expects that it succeeds; returns what it printed. */
  async shell(name: string, line: string): Promise<string> {
    const child = this.lan.exec(name, ["sh", "-c", line], { cwd: this.host(name).home });
    const { code, stdout, stderr } = await child.output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    this.#show(name, `$ ${line}`, out! + err);
    assertEquals(code, 0, `${line} on ${name}: ${err}`);
    return out!;
  }

  /** Waits until a host shows a line, and puts it on its screen. */
  async seen(name: string, match: RegExp): Promise<string> {
    const line = await this.peer(name).waitForLine(match, PATIENCE);
    this.#show(name, line);
    return line;
  }

  /** Notes what somebody types into the running program of a host, and types it. */
  async type(name: string, line: string): Promise<void> {
    this.#show(name, `> ${line}`);
    await this.peer(name).write(line + "\n");
  }

  /** Returns what the screens have shown since the last call, by host. */
  takeScreens(): ReadonlyMap<string, string> {
    const taken = new Map([...this.#screens].map(([name, lines]) => [name, lines.join("\n")]));
    this.#screens.clear();
    return taken;
  }

  #show(name: string, ...texts: string[]): void {
    const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line !== "");
    const shown = lines.map((line) => this.short(name, line.replaceAll(this.host(name).home, "~")));
    this.#screens.set(name, [...this.#screens.get(name) ?? [], ...shown]);
  }
}

/**
 * Builds the stage, hands it to `fn`, and takes it down.
 *
 * @param stopped host whose peer is ended before anything is tried
 */
export async function withStage(
  stopped: string | undefined,
  fn: (stage: Stage) => Promise<void>,
): Promise<void> {
  buildBoard();
  await withLab([...PEERS, BOARD, TOOL], async (lan, ...hosts) => {
    // The options that a user has: none but a name.
    for (const { state, name } of hosts) {
      await Deno.writeTextFile(join(state, "earshot.jsonc"), JSON.stringify({ name }));
    }
    await using capture = await Capture.start(lan, "bert");
    const stage = new Stage(lan, new Map(hosts.map((host) => [host.name, host])), capture);
    try {
      for (const name of PEERS) {
        const options = name === GATEWAY ? ["--plain"] : [];
        stage.running.set(name, stage.host(name).start(options, { stdin: "piped" }));
      }
      stage.running.set(BOARD, startBoard(stage.host(BOARD)));
      const all = [...PEERS, BOARD];
      for (const name of PEERS) {
        for (const other of all) {
          if (other !== name) await stage.peer(name).waitForLine(new RegExp(`\\+ ${other} `), 3 * PATIENCE);
        }
      }
      if (stopped !== undefined) await stage.peer(stopped).stop();
      await fn(stage);
    } finally {
      for (const program of stage.running.values()) await program[Symbol.asyncDispose]();
    }
  });
}

function buildBoard(): void {
  const { success, stderr } = new Deno.Command("make", {
    args: ["--no-print-directory", "-s", "-j2", BOARD_PROGRAM],
    cwd: FIRMWARE,
    stdin: "null",
    stdout: "null",
  }).outputSync();
  if (!success) throw new Error(`the board cannot be built:\n${new TextDecoder().decode(stderr)}`);
}

function startBoard({ lan, name, home }: LabHost): Program {
  const command = [join(FIRMWARE, BOARD_PROGRAM), "--name", name, "--state", join(home, "board")];
  return new Program(lan.exec(name, command, { stdin: "piped" }), `board ${name}`, true);
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
