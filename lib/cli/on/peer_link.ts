import { ControlClient, HostGoneError, SilentPeerError } from "../../control/client.ts";
import type { Status } from "../../control/service.ts";
import type { PeerEvent } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { type Context, Interrupted, pause, remark, unlessAborted, within } from "../command.ts";
import { checkFit } from "../profile/check_fit.ts";
import { controlPath } from "../profile/control_socket.ts";
import { optionArgs, programCommand } from "../profile/program_command.ts";
import { clientOptions, STAND_IN } from "../profile/with_peer.ts";
import { endGroup } from "./program.ts";

/** Pause between two looks for the socket of a peer that is starting, milliseconds. */
const LOOK_EVERY_MS = 50;
/** How long the first peer may fail to start before that is final: another one may be leaving, milliseconds. */
const FIRST_START_MS = 10_000;
/** Pauses between attempts, milliseconds: the first, and the longest. */
const PAUSE_MS = 250;
const PAUSE_MAX_MS = 30_000;
/** How long the child may take to end, milliseconds. */
const CLOSING_MS = 700;
/** Most of what a starting child said that is kept, characters. */
const SAID_MAX = 16_384;

/** Events of the link. */
export interface LinkListener {
  /**
   * Called whenever a peer is reached, and events flow from now on.
   *
   * @throws {UserError} ends the link
   */
  connected(client: ControlClient, status: Status): Promise<void>;
  event(event: PeerEvent): void;
}

/**
 * The link to the running peer of the profile, through its control socket; this process itself opens no socket to the
 * network. If no peer runs, one is started as a child, which ends with this process. The link comes back when the peer
 * leaves.
 */
export class PeerLink {
  readonly #context: Context;
  readonly #stop: AbortSignal;
  #client = Promise.withResolvers<ControlClient>();
  #open: ControlClient | undefined;
  #child: Child | undefined;
  #wasUp = false;

  /** @param stop ends the link */
  constructor(context: Context, stop: AbortSignal) {
    this.#context = context;
    this.#stop = stop;
    this.#client.promise.catch(() => {});
  }

  /** Stays connected until it is stopped. @throws {UserError} no peer can be had, and none will be */
  async run(listener: LinkListener): Promise<void> {
    try {
      for (let ms = PAUSE_MS; !this.#stop.aborted;) {
        const since = performance.now();
        try {
          await this.#stay(listener);
        } catch (error) {
          if (!(error instanceof HostGoneError || error instanceof SilentPeerError)) throw error;
          if (error instanceof SilentPeerError) remark(this.#context, `earshot: ${error.message}`);
        }
        if (performance.now() - since > PAUSE_MAX_MS) ms = PAUSE_MS;
        await pause(ms, this.#stop);
        ms = Math.min(2 * ms, PAUSE_MAX_MS);
      }
    } finally {
      this.#client.promise.catch(() => {});
      this.#client.reject(new Interrupted());
    }
  }

  /** Calls the peer; again if it leaves before it answers. @throws {Interrupted} the link is stopped */
  async call<T>(ask: (client: ControlClient) => Promise<T>): Promise<T> {
    for (;;) {
      const client = await this.#client.promise;
      try {
        return await ask(client);
      } catch (error) {
        if (!(error instanceof HostGoneError || error instanceof SilentPeerError)) throw error;
        // The link finds out as well, and forgets this client.
        client.close();
        if (this.#open === client) this.#forget();
      }
    }
  }

  /** Ends the child, if there is one. */
  async close(): Promise<void> {
    this.#open?.close();
    await this.#child?.end();
  }

  /** Connects, and waits until the peer leaves. */
  async #stay(listener: LinkListener): Promise<void> {
    const client = await this.#connect();
    if (client === undefined) return;
    try {
      const status = await client.status();
      checkFit(this.#context.config, status);
      const lost = Promise.withResolvers<void>();
      await client.subscribe((event) => listener.event(event), () => lost.resolve());
      await listener.connected(client, status);
      this.#wasUp = true;
      this.#child?.tell();
      this.#open = client;
      this.#client.resolve(client);
      const forgotten = this.#client;
      await unlessAborted(lost.promise, this.#stop);
      if (!this.#stop.aborted && this.#client === forgotten) this.#forget();
    } finally {
      if (!this.#stop.aborted) client.close();
    }
  }

  #forget(): void {
    this.#open = undefined;
    this.#client = Promise.withResolvers();
    this.#client.promise.catch(() => {});
  }

  /** Connects to a peer that stays up; starts one if there is none. Undefined if it is stopped. */
  async #connect(): Promise<ControlClient | undefined> {
    const { state } = this.#context.config;
    const began = performance.now();
    for (let ms = PAUSE_MS; !this.#stop.aborted;) {
      const client = await ControlClient.connect(controlPath(state), clientOptions(state));
      if (client !== undefined) {
        const isBrief = await client.status().then((status) => status.brief, () => true);
        if (!isBrief) return client;
        client.close();
      }
      this.#child ??= new Child(this.#context);
      const ended = this.#child.code;
      if (ended === undefined) {
        await pause(LOOK_EVERY_MS, this.#stop);
        continue;
      }
      const failed = this.#child;
      this.#child = undefined;
      const isFinal = !this.#wasUp && performance.now() - began > FIRST_START_MS;
      if (ended === ExitCode.usage || isFinal) {
        failed.tell();
        throw new UserError(
          `No peer of this profile runs, and none could be started (exit code ${ended}).`,
          ended === ExitCode.usage ? ExitCode.usage : ExitCode.failed,
        );
      }
      await pause(ms, this.#stop);
      ms = Math.min(2 * ms, PAUSE_MAX_MS);
    }
  }
}

/** A peer that was started here. */
class Child {
  /** Exit code once it has ended. */
  code: number | undefined;
  readonly #process: Deno.ChildProcess;
  readonly #context: Context;
  readonly #ended: Promise<unknown>;
  #said = "";
  #isTelling = false;

  constructor(context: Context) {
    this.#context = context;
    const [command, ...args] = peerCommand(context);
    this.#process = new Deno.Command(command!, {
      args,
      env: { [STAND_IN]: "1" },
      // It ends when this input does, so it does not outlive this process, even if that is killed.
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
      // Ctrl-C is for this process alone: it needs the peer to the end.
      detached: Deno.build.os !== "windows",
    }).spawn();
    this.#ended = Promise.all([this.#listen(), this.#process.status]).then(([, { code }]) =>
      this.code = code
    );
  }

  /** Prints what it said, and what it will say. */
  tell(): void {
    this.#isTelling = true;
    this.#say("");
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.#process.stdin.close().catch(() => {});
    await within(this.#ended, CLOSING_MS);
    if (this.code === undefined) endGroup(this.#process.pid, "SIGKILL");
  }

  async #listen(): Promise<void> {
    const text = this.#process.stderr.pipeThrough(new TextDecoderStream());
    for await (const part of text) this.#say(part);
  }

  #say(text: string): void {
    this.#said = (this.#said + text).slice(-SAID_MAX);
    if (!this.#isTelling || this.#said === "") return;
    this.#context.err.raw(this.#said);
    this.#said = "";
  }
}

/** Returns the command line of `earshot run` with the options that this command was given; its name is of documents. */
function peerCommand({ config: { given } }: Context): string[] {
  return [...programCommand(), "run", "--until-eof", ...optionArgs({ ...given, name: undefined })];
}
