import { explain } from "../platform/trouble.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { PortListener } from "./tcp.ts";
import type { Connection } from "./types.ts";

/** Most connections that wait until they are served. */
const WAITING_MAX = 16;

/** A port of one address that is open but answers nobody before it is told to. */
export class PagePort {
  readonly #listener: PortListener;
  readonly #waiting: Connection[] = [];
  #serve: ((connection: Connection) => void) | undefined;

  private constructor(readonly host: string) {
    this.#listener = new PortListener((connection) => this.#accept(connection), () => {});
  }

  /**
   * Opens the first free port of `ports` (0 = any) at an IP address.
   *
   * @throws {UserError} none is free, or the address is none of this machine
   */
  static open(host: string, ports: readonly number[]): PagePort {
    const port = new PagePort(host);
    let cause: unknown;
    for (const number of ports) {
      try {
        port.#listener.open(number, [host]);
        return port;
      } catch (error) {
        cause = error;
        if (!(error instanceof Deno.errors.AddrInUse)) break;
      }
    }
    const which = ports.length > 1
      ? `any TCP port from ${ports[0]} to ${ports.at(-1)}`
      : `TCP port ${ports[0]}`;
    const problem = cause instanceof Deno.errors.AddrNotAvailable
      ? ": this machine does not have that address"
      : ` ${explain(cause, "choose another with --listen")}`;
    throw new UserError(`Cannot open ${which} of ${host}${problem}.`, ExitCode.failed, { cause });
  }

  /** The port that was free. */
  get port(): number {
    return this.#listener.port;
  }

  /** Passes every connection to `serve` from now on, those that wait first. */
  serve(serve: (connection: Connection) => void): void {
    this.#serve = serve;
    for (const connection of this.#waiting.splice(0)) serve(connection);
  }

  /** Stops listening; served connections stay. */
  async close(): Promise<void> {
    for (const connection of this.#waiting.splice(0)) connection.close();
    await this.#listener.close();
  }

  #accept(connection: Connection): void {
    if (this.#serve) this.#serve(connection);
    else if (this.#waiting.length < WAITING_MAX) this.#waiting.push(connection);
    else connection.close();
  }
}
