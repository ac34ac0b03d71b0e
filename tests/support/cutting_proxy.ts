import type { StreamNet } from "../../lib/net/types.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What becomes of one connection through a {@linkcode CuttingProxy}. */
export interface Fate {
  /** It is cut once it has passed on so many bytes, both directions counted; Infinity: never. */
  readonly after: number;
  /** `close`: both directions at once, unread bytes lost. `half-close`: one side sees the end, the other may go on. */
  readonly how: "close" | "half-close";
  /** Bytes passed on at a time; 1 trickles. */
  readonly piece: number;
  /** Pause before each piece, milliseconds. */
  readonly delay: number;
}

/** A link that works. */
export const WHOLE: Fate = { after: Infinity, how: "close", piece: 16 * 1024, delay: 0 };

/**
 * A fate at random: cut within the handshake or after up to 400 KB, nearly always in the middle of a record; some
 * links trickle, some are slow.
 */
export function randomFate(random: SeededRandom): Fate {
  const how = random.pick(["close", "close", "half-close"] as const);
  switch (random.u32() % 4) {
    case 0:
      return { after: Math.ceil(random.between(1, 400)), how, piece: 1, delay: 0 };
    case 1:
      return { after: Math.ceil(10 ** random.between(2, 5)), how, piece: 4 * 1024, delay: 0 };
    default:
      return { after: Math.ceil(random.between(5e4, 4e5)), how, piece: 8 * 1024, delay: 2 };
  }
}

/** A TCP proxy on loopback that passes bytes on between whoever connects and one port, and cuts as it is told. */
export class CuttingProxy implements AsyncDisposable {
  readonly port: number;
  /** Connections cut so far. */
  cuts = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #links = new Set<Link>();
  readonly #accepting: Promise<void>;

  /**
   * @param target port on loopback where connections go
   * @param fate asked for each connection
   */
  constructor(private readonly target: number, private readonly fate: () => Fate) {
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#accepting = this.#accept();
  }

  async #accept(): Promise<void> {
    for await (const dialler of this.#listener) {
      const link = new Link(dialler, this.target, this.fate(), () => this.cuts++);
      this.#links.add(link);
      void link.done.then(() => this.#links.delete(link));
    }
  }

  /** Closes the port and every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    await Promise.all([...this.#links].map((link) => {
      link.close();
      return link.done;
    }));
  }
}

/** The network of a peer whose port is reached through a {@linkcode CuttingProxy}. */
export function behindProxy(
  net: StreamNet,
  fate: () => Fate,
  made: (proxy: CuttingProxy) => void,
): StreamNet {
  return {
    async listen(ports, accept) {
      const listener = await net.listen(ports, accept);
      const proxy = new CuttingProxy(listener.port, fate);
      made(proxy);
      return {
        port: proxy.port,
        async close() {
          await proxy[Symbol.asyncDispose]();
          await listener.close();
        },
      };
    },
    dial: (to, signal) => net.dial(to, signal),
  };
}

/** One connection: two ends, and what goes between them. */
class Link {
  /** Resolved once both ends are closed and nothing is under way. */
  readonly done: Promise<void>;
  readonly #ends: Deno.Conn[];
  #passed = 0;
  #isCut = false;

  constructor(
    dialler: Deno.Conn,
    target: number,
    private readonly fate: Fate,
    private readonly cut: () => void,
  ) {
    this.#ends = [dialler];
    this.done = this.#run(dialler, target);
  }

  close(): void {
    for (const end of this.#ends.splice(0)) {
      try {
        end.close();
      } catch { /* it was reset */ }
    }
  }

  async #run(dialler: Deno.Conn, port: number): Promise<void> {
    try {
      const answerer = await Deno.connect({ hostname: "127.0.0.1", port });
      if (this.#ends.length === 0) return answerer.close();
      this.#ends.push(answerer);
      for (const end of [dialler, answerer] as Deno.TcpConn[]) end.setNoDelay(true);
      await Promise.all([this.#pass(dialler, answerer), this.#pass(answerer, dialler)]);
    } catch {
      /* an end is gone */
    } finally {
      this.close();
    }
  }

  /** Passes on what comes from one end; an end of it, too. */
  async #pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const { after, how, piece, delay } = this.fate;
    const buffer = new Uint8Array(piece);
    try {
      for (let read; (read = await from.read(buffer)) !== null;) {
        if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
        const room = after - this.#passed;
        this.#passed += read;
        for (let done = 0, count = Math.min(read, room); done < count;) {
          done += await to.write(buffer.subarray(done, count));
        }
        if (read < room) continue;
        if (!this.#isCut) this.cut();
        this.#isCut = true;
        if (how === "close") return this.close();
        break;
      }
      await to.closeWrite();
    } catch {
      this.close();
    }
  }
}
