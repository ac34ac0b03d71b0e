import { join } from "@std/path";
import { Lan } from "../../support/lan.ts";
import type { Bench } from "./benchmark.ts";
import { Worker } from "./worker.ts";

/** How many peers start at the same time: each takes a processor for most of a second. */
const STARTING = 4;

/** Most neighbours that the kernel remembers, of all hosts together; beyond that it refuses to send. */
const NEIGHBOURS = "net.ipv4.neigh.default.gc_thresh3";

/** Makes the kernel remember this many neighbours, if it would not; what is returned sets it back. */
async function neighbours(count: number): Promise<AsyncDisposable> {
  const sysctl = async (setting: string) => {
    const { success, stdout, stderr } = await new Deno.Command("sysctl", { args: ["-n", setting] }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return Number(new TextDecoder().decode(stdout));
  };
  const before = await sysctl(NEIGHBOURS);
  if (before < count) await sysctl(`${NEIGHBOURS}=${count}`);
  return { [Symbol.asyncDispose]: async () => void await sysctl(`${NEIGHBOURS}=${before}`) };
}

/** Peers of one group, a process each, on hosts of their own on one switch. */
export class Crowd implements AsyncDisposable {
  readonly #used = new AsyncDisposableStack();
  readonly #group = `bench-${crypto.randomUUID().slice(0, 8)}`;
  readonly #free: string[];
  readonly #peers: Worker[] = [];

  private constructor(readonly lan: Lan, hosts: readonly string[], readonly folder: string) {
    this.#used.use(lan);
    this.#free = hosts.toReversed();
  }

  /** Makes the hosts of a crowd, and starts its peers. @param spare hosts for newcomers */
  static async of(bench: Bench, peers: number, spare = 0): Promise<Crowd> {
    const hosts = Array.from({ length: peers + spare }, (_, i) => `h${i}`);
    const lan = await Lan.create({ hosts, ipv6: false });
    const folder = await Deno.makeTempDir({ dir: bench.folder });
    const crowd = new Crowd(lan, hosts, folder);
    try {
      crowd.#used.use(await neighbours(2 * hosts.length ** 2));
      while (crowd.peers.length < peers) {
        const missing = Math.min(STARTING, peers - crowd.peers.length);
        await Promise.all(Array.from({ length: missing }, () => crowd.join()));
      }
      for (const peer of crowd.peers) await crowd.known(peer);
    } catch (error) {
      await crowd[Symbol.asyncDispose]();
      throw error;
    }
    return crowd;
  }

  /** The peers in the order in which they came. */
  get peers(): readonly Worker[] {
    return this.#peers;
  }

  /** Starts one more peer, on a host of its own. */
  async join(): Promise<Worker> {
    const host = this.#free.pop()!;
    const folder = join(this.folder, host);
    const place = ["ip", "netns", "exec", this.lan.namespace(host)];
    const peer = this.#used.use(await Worker.startIn(place, "peer.ts", host, this.#group, folder, "eth0"));
    this.#peers.push(peer);
    return peer;
  }

  /** Waits until a peer knows all others. @returns when it knew the last one, milliseconds since 1970 */
  async known(peer: Worker, others = this.#peers.filter((other) => other !== peer)): Promise<number> {
    return (await peer.order<number>("known", others.map(({ ready }) => ready.id))).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#used.disposeAsync();
  }
}
