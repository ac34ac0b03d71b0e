import type { PeerEvent } from "../peer/types.ts";
import { HostGoneError, SilentPeerError } from "./client.ts";
import { type Answer, type Arguments, type CallName, Service } from "./service.ts";

/** A peer that is used for as long as it is there. */
export interface UsedPeer {
  readonly service: Service;
  /** Ends the use: closes the connection, or stops the peer in this process. */
  close(): void | Promise<void>;
}

/** Most attempts for one call, each at another peer. */
const TRIES = 5;

/**
 * A service that lasts longer than the peer behind it: if that leaves, the next call, or the next subscriber, finds
 * another one or starts it. A call that was under way is made again there; that does no harm.
 */
export class LastingService extends Service {
  #used: Promise<UsedPeer> | undefined;
  #isClosed = false;

  /** @param find connects to the running peer or starts one */
  constructor(private readonly find: () => Promise<UsedPeer>) {
    super();
  }

  override call<C extends CallName>(call: C, args: Arguments<C>): Promise<Answer<C>> {
    return this.#again((service) => service.call(call, args));
  }

  override subscribe(listener: (event: PeerEvent) => void, lost: () => void): Promise<() => void> {
    return this.#again((service) => service.subscribe(listener, lost));
  }

  /** Ends the use of the peer; later calls fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const used = await this.#used?.catch(() => undefined);
    await used?.close();
  }

  async #again<T>(make: (service: Service) => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      if (this.#isClosed) throw new HostGoneError("the service is closed");
      const finding = this.#used ??= this.find();
      const forget = () => {
        if (this.#used === finding) this.#used = undefined;
      };
      const used = await finding.catch((error) => {
        forget();
        throw error;
      });
      try {
        return await make(used.service);
      } catch (error) {
        if (!(error instanceof HostGoneError || error instanceof SilentPeerError)) throw error;
        forget();
        void used.close();
        if (error instanceof SilentPeerError || tries === TRIES) throw error;
      }
    }
  }
}
