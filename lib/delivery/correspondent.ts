import type { Channel } from "./exchange.ts";
import type { Outbound } from "./outbound.ts";

/** What goes to one other peer, and the session that it goes through. */
export class Correspondent {
  #outbound: Promise<Outbound> | undefined;
  #opened: Outbound | undefined;
  #channel: Channel | undefined;

  /** @param open reads what waits for the peer from the store */
  constructor(private readonly open: () => Promise<Outbound>) {}

  /** What waits for the peer; read from the store the first time. */
  outbound(): Promise<Outbound> {
    return this.#outbound ??= this.#open().catch((error) => {
      // It is tried again when it is asked for.
      this.#outbound = undefined;
      throw error;
    });
  }

  /** The same if it is there already. */
  get opened(): Outbound | undefined {
    return this.#opened;
  }

  async #open(): Promise<Outbound> {
    const outbound = await this.open();
    this.#opened = outbound;
    if (this.#channel) outbound.attach(this.#channel.remote);
    return outbound;
  }

  /** From now on we send through this session. A short-lived peer is sent nothing. */
  async attach(channel: Channel): Promise<void> {
    if (channel.remote.brief) return;
    this.#channel = channel;
    if (this.#opened) this.#opened.attach(channel.remote);
    else await this.outbound();
  }

  /** The session is not sent through any more. */
  detach(channel: Channel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#opened?.detach();
  }

  /** What waits for the peer, if it is this session that it goes through. */
  outboundOf(channel: Channel): Outbound | undefined {
    return this.#channel === channel ? this.#opened : undefined;
  }

  /** Whether it may be forgotten: no session, nothing that waits. */
  get idle(): boolean {
    return !this.#channel && (!this.#outbound || this.#opened?.isBusy === false);
  }

  /** Stops timers. */
  close(): void {
    this.#opened?.close();
  }
}
