// The page of `earshot web` on a loopback port, in front of a service that a test plays.

import { type Answer, type Arguments, type CallName, Service } from "../../lib/control/service.ts";
import { openWeb, type Web, type WebOptions } from "../../lib/gateways/web/web.ts";
import { PagePort } from "../../lib/net/page_port.ts";
import type { PeerEvent } from "../../lib/peer/types.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { HistoryThread } from "../../lib/storage/threads/history_thread.ts";
import { BareClient } from "./http_door.ts";

/** A service whose answers a test gives, and whose events it tells. */
export class PlayedService extends Service {
  readonly listeners = new Map<(event: PeerEvent) => void, () => void>();
  readonly calls: [name: CallName, args: readonly unknown[]][] = [];
  play: (name: CallName, args: readonly unknown[]) => unknown = (name) =>
    name === "status" ? { inbox: "/inbox" } : null;

  override async call<C extends CallName>(name: C, args: Arguments<C>): Promise<Answer<C>> {
    this.calls.push([name, args]);
    return await this.play(name, args) as Answer<C>;
  }

  override subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    this.listeners.set(listener, lost);
    return Promise.resolve(() => void this.listeners.delete(listener));
  }

  /** Tells an event to every subscriber. */
  tell(event: PeerEvent): void {
    for (const listener of this.listeners.keys()) listener(event);
  }

  /** Ends every subscription, as if the peer left. */
  leave(): void {
    const all = [...this.listeners.values()];
    this.listeners.clear();
    for (const lost of all) lost();
  }
}

/** A page, its service and its folder. */
export class WebPage implements AsyncDisposable {
  readonly token = "a-token-for-tests-of-32-letters0";
  readonly service = new PlayedService();
  readonly #web: Web;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly history: HistoryThread,
    open: (page: WebPage) => Web,
  ) {
    this.#web = open(this);
  }

  static async open(options: Partial<WebOptions> = {}): Promise<WebPage> {
    const folder = await Deno.makeTempDir({ prefix: "earshot-web-" });
    const port = PagePort.open("127.0.0.1", [0]);
    const history = new HistoryThread({ state: folder, inbox: folder });
    return new WebPage(
      port.port,
      folder,
      history,
      ({ service, token }) =>
        openWeb({ service, history, port, token, state: folder, clock: systemClock, ...options }),
    );
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connects a client that writes bytes and reads what comes. */
  async client(): Promise<BareClient> {
    return new BareClient(await Deno.connect({ hostname: "127.0.0.1", port: this.port }));
  }

  /** Sends bytes on a connection of its own, and returns all that is answered. */
  async raw(text: string): Promise<string> {
    using client = await this.client();
    await client.write(text);
    return await client.rest();
  }

  /** Returns the text of a request with the token, `GET /path`, that ends its connection. */
  request(line: string, body = ""): string {
    return `${line} HTTP/1.1\r\nhost: ${this.host}\r\nauthorization: Bearer ${this.token}\r\nconnection: close\r\n` +
      `content-length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
  }

  /** Makes a request with the token; returns status and text. */
  async ask(line: string, body?: string): Promise<{ status: number; text: string; headers: Headers }> {
    const [method, path] = line.split(" ");
    const response = await fetch(`http://${this.host}${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${this.token}` },
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  async close(): Promise<void> {
    await this.#web.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.history[Symbol.dispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
