import { assert, assertEquals, assertRejects } from "@std/assert";
import { ControlClient } from "../../../lib/control/client.ts";
import { ControlServer } from "../../../lib/control/server.ts";
import { type LocalPeer, SharedService } from "../../../lib/control/shared_service.ts";
import { UserError } from "../../../lib/platform/user_error.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeService, until, withSocket } from "./fake_service.ts";

/** Processes of one profile: each may become the short-lived peer that serves the others. */
class Profile {
  /** Every short-lived peer that was started, in order. */
  readonly started: FakeService[] = [];
  #holder: FakeService | undefined;

  constructor(readonly path: string) {}

  /** Whether somebody is the peer now. */
  get held(): boolean {
    return this.#holder !== undefined;
  }

  process(clock?: FakeClock): SharedService {
    return new SharedService({ path: this.path, start: () => this.#start(), clock });
  }

  #start(): Promise<LocalPeer | { pid: number }> {
    if (this.#holder !== undefined) return Promise.resolve({ pid: 7 });
    const service = this.#holder = new FakeService(true);
    this.started.push(service);
    return Promise.resolve({
      service,
      close: () => {
        this.#holder = undefined;
        return Promise.resolve();
      },
    });
  }
}

function withProfile(fn: (profile: Profile) => Promise<void>): Promise<void> {
  return withSocket((path) => fn(new Profile(path)));
}

Deno.test("without a running peer the first command is the peer and serves the others", () =>
  withProfile(async (profile) => {
    const processes = Array.from({ length: 20 }, () => profile.process());
    const results = await Promise.all(processes.map(async (process, index) => {
      const result = await process.say(`text ${index}`, { id: `${index}` });
      await process.close();
      return result[0]!.id;
    }));
    assertEquals(results, processes.map((_, index) => `${index}`));
    const said = profile.started.flatMap((service) => service.calls);
    assertEquals(
      said.map((call) => call[1]).toSorted(),
      processes.map((_, index) => `text ${index}`).toSorted(),
    );
    assertEquals(profile.held, false);
  }));

Deno.test("a running peer is used, and none is started beside it", () =>
  withProfile(async (profile) => {
    const service = new FakeService();
    const server = await ControlServer.open({ path: profile.path, service });
    const process = profile.process();
    assertEquals((await process.status()).brief, false);
    await process.close();
    server.close();
    assertEquals(profile.started.length, 0);
  }));

Deno.test("a command that is done stays until those that it serves have their answers", () =>
  withProfile(async (profile) => {
    const clock = new FakeClock();
    const [host, guest] = [profile.process(clock), profile.process()];
    await host.status();
    const gate = Promise.withResolvers<void>();
    profile.started[0]!.gate = gate.promise;
    const call = guest.say("late", { id: "x" });
    await until(() => profile.started[0]!.calls.length === 2);
    let left = false;
    const closing = host.close().then(() => left = true);
    // Whatever else it waits for would be over by then.
    await clock.advance(60_000);
    assertEquals([left, profile.held], [false, true]);
    gate.resolve();
    assertEquals((await call)[0]!.status, "delivered");
    await guest.close();
    await closing;
    assertEquals(profile.started.length, 1);
  }));

Deno.test("a command whose host dies before it answered asks again, as the next host", () =>
  withProfile(async (profile) => {
    const dying = new FakeService(true);
    dying.gate = new Promise(() => {});
    const server = await ControlServer.open({ path: profile.path, service: dying });
    const process = profile.process();
    const call = process.say("again", { id: "x" });
    await until(() => dying.calls.length === 1);
    server.close();
    assertEquals((await call)[0]!.id, "x");
    assertEquals(profile.started[0]!.calls, [["say", "again", { id: "x" }]]);
    await process.close();
  }));

Deno.test("a command that the user ends leaves at once, and those that it served ask again", () =>
  withProfile(async (profile) => {
    const [host, guest] = [profile.process(), profile.process()];
    await host.status();
    profile.started[0]!.gate = new Promise(() => {});
    const call = guest.say("again", { id: "x" });
    await until(() => profile.started[0]!.calls.length === 2);
    await host.close(true);
    assertEquals((await call)[0]!.id, "x");
    assertEquals(profile.started.length, 2);
    await guest.close();
  }));

Deno.test("a short-lived peer makes room for a full one as soon as its calls are answered", () =>
  withProfile(async (profile) => {
    const [host, guest] = [profile.process(), profile.process()];
    await host.status();
    const service = profile.started[0]!;
    const lost: string[] = [];
    await host.subscribe(() => {}, () => lost.push("host"));
    await guest.subscribe(() => {}, () => lost.push("guest"));
    const gate = Promise.withResolvers<void>();
    service.gate = gate.promise;
    const call = host.say("before", { id: "x" });
    await until(() => service.calls.length === 4);

    const full = (await ControlClient.connect(profile.path))!;
    await full.askToYield();
    full.close();
    assertEquals(profile.held, true);
    gate.resolve();
    assertEquals((await call)[0]!.id, "x");
    await until(() => !profile.held && lost.length === 2);
    assertEquals(lost.toSorted(), ["guest", "host"]);

    const newcomer = new FakeService();
    const server = await ControlServer.open({ path: profile.path, service: newcomer });
    assertEquals((await host.status()).brief, false);
    assertEquals((await guest.status()).brief, false);
    assertEquals(profile.started.length, 1);
    await Promise.all([host.close(), guest.close()]);
    server.close();
  }));

Deno.test("a holder of the profile that never answers is named after a while", () =>
  withSocket(async (path) => {
    const clock = new FakeClock();
    const process = new SharedService({ path, clock, start: () => Promise.resolve({ pid: 4711 }) });
    let failed = false;
    const call = assertRejects(() => process.peers(), UserError, "process 4711").then(() => failed = true);
    const start = clock.now();
    for (let turns = 0; !failed && turns < 10_000; turns++) await clock.advance(100);
    await call;
    assert(clock.now() - start < 6_000, `${clock.now() - start} ms`);
    await process.close();
  }));

Deno.test("a peer that cannot be started fails the command, and only that", () =>
  withSocket(async (path) => {
    let tries = 0;
    const process = new SharedService({
      path,
      start: () =>
        ++tries === 1 ? Promise.reject(new UserError("no port", 1)) : Promise.resolve({
          service: new FakeService(true),
          close: () => Promise.resolve(),
        }),
    });
    await assertRejects(() => process.peers(), UserError, "no port");
    assertEquals(await process.peers(), []);
    await process.close();
  }));

Deno.test("a question that waits for its answer makes room for a full peer, and is asked again there", () =>
  withProfile(async (profile) => {
    const [host, guest] = [profile.process(), profile.process()];
    await host.status();
    const service = profile.started[0]!;
    service.gate = new Promise(() => {});
    const asks = [host, guest].map((process, n) => process.ask("1", { to: [], id: `${n}` }));
    await until(() => service.calls.length === 3);
    const full = (await ControlClient.connect(profile.path))!;
    await full.askToYield();
    full.close();
    await until(() => !profile.held || profile.started.length > 1);
    const newcomer = new FakeService();
    const server = await ControlServer.open({ path: profile.path, service: newcomer }).catch(() => undefined);
    const results = await Promise.all(asks);
    assertEquals(results.map(([result]) => result!.id), ["0", "1"]);
    await Promise.all([host.close(), guest.close()]);
    server?.close();
  }));

Deno.test("a command that is done does not wait for the questions of others: they are asked again elsewhere", () =>
  withProfile(async (profile) => {
    const clock = new FakeClock();
    const [host, guest] = [profile.process(clock), profile.process()];
    await host.status();
    profile.started[0]!.gate = new Promise(() => {});
    const asking = guest.ask("1", { to: [], id: "x" });
    await until(() => profile.started[0]!.calls.length === 2);
    await host.close();
    assertEquals((await asking)[0]!.id, "x");
    assertEquals(profile.started.length, 2);
    await guest.close();
  }));
