import { assertEquals } from "@std/assert";
import type { Context } from "../../../../lib/cli/command.ts";
import { Arrivals } from "../../../../lib/cli/on/arrivals.ts";
import type { PeerLink } from "../../../../lib/cli/on/peer_link.ts";
import type { Plan } from "../../../../lib/cli/on/plan.ts";
import type { Outcome, Runner } from "../../../../lib/cli/on/runner.ts";
import { type ControlClient, HostGoneError } from "../../../../lib/control/client.ts";
import type { Status } from "../../../../lib/control/service.ts";
import { openStorage, type Storage } from "../../../../lib/storage/storage.ts";
import { patient } from "../../../support/patience.ts";
import { until } from "../../control/fake_service.ts";
import { aChat } from "../../storage/support.ts";
import { Printed } from "../printed.ts";

/** A link as `PeerLink` is one, to peers that the test starts: calls wait for one, and are repeated if it leaves. */
class Link {
  #client = Promise.withResolvers<ControlClient>();
  /** Called with each call's place from 1; an error that it throws is that of the connection. */
  before: (moves: number) => void = () => {};
  /** Where the cursor was moved to, and what is done beyond it. */
  readonly moves: [position: number, done: readonly number[]][] = [];
  #tried = 0;
  readonly left = Promise.withResolvers<void>();

  constructor(private readonly storage: Storage, private readonly status: Status) {}

  /** A peer is there from now on. */
  async connect(arrivals: Arrivals): Promise<void> {
    const { storage } = this;
    const client = {
      openCursor: storage.openCursor.bind(storage),
      moveCursor: (name: string, position: number, done: readonly number[]) => {
        this.before(++this.#tried);
        this.moves.push([position, done]);
        return storage.moveCursor(name, position, done);
      },
    } as Partial<ControlClient> as ControlClient;
    await arrivals.connected(client, this.status);
    this.#client.resolve(client);
  }

  async call<T>(ask: (client: ControlClient) => Promise<T>): Promise<T> {
    while (true) {
      const client = await this.#client.promise;
      try {
        return await ask(client);
      } catch (error) {
        if (!(error instanceof HostGoneError)) throw error;
        this.#client = Promise.withResolvers();
        this.left.resolve();
      }
    }
  }
}

/** Hands `fn` arrivals of chat with a program that ends when `end` is called. */
async function withArrivals(
  fn: (all: { arrivals: Arrivals; link: Link; storage: Storage; ends: (() => void)[] }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-on-" });
  const status = { state: `${folder}/state`, inbox: `${folder}/inbox` } as Status;
  const storage = await openStorage({
    ...status,
    quota: 1e9,
    warning: (_, message) => console.error(message),
  });
  const [out, err] = [new Printed().output, new Printed().output];
  const context = { config: { quiet: true }, out, err } as unknown as Context;
  const plan = { subject: "chat", cursor: "c", all: true, parallel: 1, fits: () => true, isFrom: () => true };
  const ends: (() => void)[] = [];
  const runner = {
    run: () => new Promise<Outcome>((resolve) => ends.push(() => resolve({ status: "done" }))),
  };
  const link = new Link(storage, status);
  const arrivals = new Arrivals(
    context,
    plan as unknown as Plan & { subject: "chat" },
    runner as Partial<Runner> as Runner,
    link as unknown as PeerLink,
  );
  const stop = new AbortController();
  const run = arrivals.run(stop.signal);
  run.catch(() => {});
  try {
    await fn({ arrivals, link, storage, ends });
    stop.abort();
    await run;
  } finally {
    stop.abort();
    arrivals.close();
    await storage.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what has ended is marked by the next peer if the peer is lost before it was marked, and does not run again", () =>
  withArrivals(async ({ arrivals, link, storage, ends }) => {
    await storage.receive(aChat(1));
    await link.connect(arrivals);
    await until(() => ends.length === 1);
    link.before = (moves) => {
      if (moves === 1) throw new HostGoneError();
    };
    ends[0]!();
    await patient(link.left.promise, () => "the end of the peer");
    await link.connect(arrivals);
    await until(() => link.moves.length === 1);
    assertEquals(link.moves, [[1, []]]);
    await storage.receive(aChat(2));
    arrivals.event({ event: "chat" } as Parameters<Arrivals["event"]>[0]);
    await until(() => ends.length === 2);
    ends[1]!();
    await until(() => link.moves.length === 2);
    assertEquals([link.moves.at(-1), ends.length], [[2, []], 2]);
  }));

Deno.test("an event that comes before the peer's history is open starts nothing, and ends nothing", () =>
  withArrivals(async ({ arrivals, link, storage, ends }) => {
    await storage.receive(aChat(1));
    arrivals.event({ event: "chat" } as Parameters<Arrivals["event"]>[0]);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await link.connect(arrivals);
    await until(() => ends.length === 1);
    ends[0]!();
    await until(() => link.moves.length === 1);
  }));
