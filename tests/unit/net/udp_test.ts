import dgram from "node:dgram";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../../lib/platform/clock.ts";
import { UserError } from "../../../lib/platform/user_error.ts";
import type { Datagram, Link } from "../../../lib/net/types.ts";
import { UdpNet, type UdpNetOptions } from "../../../lib/net/udp.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { freeUdpPort } from "./free_port.ts";
import { patient } from "../../support/patience.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A UdpNet on the loopback interface, with what it heard. */
class Station implements AsyncDisposable {
  readonly heard: Datagram[] = [];
  readonly warnings: string[] = [];
  readonly changes: { added: readonly Link[]; removed: readonly Link[] }[] = [];
  readonly net: UdpNet;
  /** Called for each datagram, before it is kept. */
  onDatagram = (_: Datagram) => {};
  #changed = Promise.withResolvers<void>();

  private constructor(options: Partial<UdpNetOptions>) {
    this.net = new UdpNet({ interfaces: ["lo"], clock: systemClock, ...options });
  }

  static async start(options: Partial<UdpNetOptions>): Promise<Station> {
    const station = new Station(options);
    await station.net.start({
      datagram: (datagram) => {
        station.heard.push(datagram);
        station.#changed.resolve();
        station.#changed = Promise.withResolvers();
        station.onDatagram(datagram);
      },
      linksChanged: (added, removed) => station.changes.push({ added, removed }),
      warning: (code, message) => station.warnings.push(`${code}: ${message}`),
    });
    return station;
  }

  get v4(): Link {
    return this.net.links.find((link) => link.family === 4)!;
  }

  async hears(text: string, via?: Datagram["via"]): Promise<Datagram> {
    for (;;) {
      const found = this.heard.find((datagram) =>
        new TextDecoder().decode(datagram.data) === text && (via === undefined || datagram.via === via)
      );
      if (found) return found;
      await patient(this.#changed.promise, () => `${text} (${this.heard.length} heard; ${this.warnings})`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.net.close();
  }
}

Deno.test("two peers of one machine both hear the group, and know the link", async () => {
  const port = freeUdpPort();
  await using a = await Station.start({ port });
  await using b = await Station.start({ port });
  a.net.multicast(a.v4, bytes("hello"));
  for (const station of [a, b]) {
    const { from, via, link } = await station.hears("hello");
    assertEquals([from.host, via, link], ["127.0.0.1", "shared", station.v4]);
  }
  a.net.multicast(a.v4, bytes("end"));
  for (const station of [a, b]) {
    await station.hears("end");
    assertEquals(station.heard.length, 2, "once, however many sockets listen");
    assertEquals(station.warnings, []);
  }
});

Deno.test("an answer reaches the socket that asked, on its link, and no other peer", async () => {
  const port = freeUdpPort();
  await using a = await Station.start({ port });
  await using b = await Station.start({ port });
  await using c = await Station.start({ port });
  a.net.multicast(a.v4, bytes("ask"));
  const { from, link } = await b.hears("ask");
  b.net.unicast(from, bytes("answer"), link);
  assertEquals((await a.hears("answer")).via, "own");
  assertEquals((await a.hears("answer")).link, a.v4);
  await c.hears("ask");
  a.net.multicast(a.v4, bytes("end"));
  await c.hears("end");
  assertEquals(c.heard.length, 2);
});

Deno.test("unicast to the shared port reaches one peer of the machine, over IPv4 and over IPv6", async () => {
  const port = freeUdpPort();
  await using a = await Station.start({ port });
  a.net.unicast({ host: "127.0.0.1", port }, bytes("four"));
  assertEquals((await a.hears("four")).via, "shared");
  a.net.unicast({ host: "::1", port }, bytes("six"));
  const { via, link, from } = await a.hears("six");
  assertEquals([via, link?.family, from.host], ["shared", 6, "::1"]);
});

Deno.test("a brief peer hears the group and takes no unicast meant for another peer", async () => {
  const port = freeUdpPort();
  await using full = await Station.start({ port });
  await using brief = await Station.start({ port, brief: true });
  for (const host of ["127.0.0.1", "::1"]) {
    full.net.unicast({ host, port }, bytes(`to ${host}`));
    await full.hears(`to ${host}`, "shared");
  }
  full.net.multicast(full.v4, bytes("to all"));
  await brief.hears("to all");
  assertEquals(brief.heard.length, 1);
});

Deno.test("what was sent before close is out", async () => {
  const port = freeUdpPort();
  await using a = await Station.start({ port });
  for (let round = 0; round < 5; round++) {
    const b = await Station.start({ port });
    b.net.multicast(b.v4, bytes(`bye ${round}`));
    await b.net.close();
    await a.hears(`bye ${round}`);
    assertEquals(b.net.links, []);
  }
});

Deno.test("a closed net sends nothing, hears nothing and may be closed again", async () => {
  const port = freeUdpPort();
  await using a = await Station.start({ port });
  await using b = await Station.start({ port });
  const link = b.v4;
  await b.net.close();
  b.net.multicast(link, bytes("ghost"));
  b.net.unicast({ host: "127.0.0.1", port }, bytes("ghost"));
  await b.net.rescan();
  assertEquals(b.net.counters.sendErrors, 2);
  a.net.multicast(a.v4, bytes("end"));
  await a.hears("end");
  assertEquals([a.heard.length, b.heard.length], [1, 0]);
});

Deno.test("an empty, a huge and a garbage datagram arrive as they are, and the next one too", async () => {
  const port = freeUdpPort();
  await using a = await Station.start({ port });
  const huge = new Uint8Array(65_507).map((_, i) => i);
  const garbage = Uint8Array.of(0, 255, 13, 10, 0x45, 0x53);
  const raw = dgram.createSocket("udp4");
  const send = (data: Uint8Array) =>
    new Promise<void>((resolve) => raw.send(data, port, "127.0.0.1", () => resolve()));
  for (const data of [new Uint8Array(0), huge, garbage, bytes("end")]) await send(data);
  await a.hears("end");
  assertEquals(a.heard.map(({ data }) => data), [new Uint8Array(0), huge, garbage, bytes("end")]);
  assert(
    a.heard.every(({ data }) => data.buffer.byteLength === data.length),
    "no large buffer is kept alive",
  );
  await new Promise<void>((resolve) => raw.close(() => resolve()));
});

Deno.test("ports where nobody listens do not end the receiving", async () => {
  const [port, deaf] = [freeUdpPort(), freeUdpPort()];
  await using a = await Station.start({ port });
  for (let i = 0; i < 20; i++) {
    a.net.unicast({ host: "127.0.0.1", port: deaf }, bytes("anybody?"), a.v4);
    a.net.unicast({ host: "::1", port: deaf }, bytes("anybody?"));
  }
  a.net.multicast(a.v4, bytes("still here"));
  await a.hears("still here");
});

Deno.test("sends that cannot be are counted and throw nothing", async () => {
  await using a = await Station.start({ port: freeUdpPort() });
  a.net.unicast({ host: "127.0.0.1", port: 0 }, bytes("x"));
  a.net.unicast({ host: "fe80::1%none0", port: 9 }, bytes("x"));
  a.net.unicast({ host: "fe80::1", port: 9 }, bytes("x"));
  const stranger = { interface: "none0", family: 4, addresses: ["10.0.0.1"], loopback: false } as const;
  a.net.unicast({ host: "127.0.0.1", port: 9 }, bytes("x"), stranger);
  a.net.multicast(stranger, bytes("x"));
  assertEquals(a.net.counters.sendErrors, 5);
  for (let i = 0; i < 1000; i++) a.net.multicast(a.v4, bytes("flood"));
  assert(a.net.counters.sendErrors > 500, "what the system has not taken is bounded");
  await a.hears("flood");
});

Deno.test("a handler that throws is told once and hears the next datagram", async () => {
  await using a = await Station.start({ port: freeUdpPort() });
  a.onDatagram = () => {
    throw new Error("a fault");
  };
  for (const text of ["one", "two", "three"]) {
    a.net.multicast(a.v4, bytes(text));
    await a.hears(text);
  }
  assertEquals(a.warnings, ["internal: A datagram was not handled: a fault."]);
});

Deno.test("an interface that does not exist is refused at the start with the list of those that do", async () => {
  const error = await assertRejects(() => Station.start({ interfaces: ["none0"] }), UserError, "127.0.0.1");
  assertEquals(error.exitCode, 2);
});

Deno.test("the links are told once, as long as nothing changes", async () => {
  const clock = new FakeClock();
  await using a = await Station.start({ port: freeUdpPort(), clock });
  assertEquals(a.changes, [{ added: a.net.links, removed: [] }]);
  const links = [...a.net.links];
  await clock.advance(210_000);
  await a.net.rescan();
  assertEquals(a.changes.length, 1);
  assertEquals(a.net.links, links);
  a.net.multicast(a.v4, bytes("joined again"));
  await a.hears("joined again");
  a.net.multicast(a.v4, bytes("end"));
  await a.hears("end");
  assertEquals([a.heard.length, a.warnings], [2, []]);
});

Deno.test("whoever subscribed before the start is told of links too, and first", async () => {
  const net = new UdpNet({ interfaces: ["lo"], clock: systemClock, port: freeUdpPort() });
  const told: [who: string, added: readonly Link[]][] = [];
  net.on({ linksChanged: (added) => told.push(["subscriber", added]) });
  await net.start({
    datagram: () => {},
    linksChanged: (added) => told.push(["owner", added]),
    warning: () => {},
  });
  assertEquals(told, [["subscriber", net.links], ["owner", net.links]]);
  await net.close();
});

Deno.test("a shared port that another program keeps for itself is told, and the answers still come", async () => {
  const port = freeUdpPort();
  const taken = dgram.createSocket({ type: "udp4" });
  await new Promise<void>((resolve) => taken.bind({ address: "127.0.0.1", port }, () => resolve()));
  await using a = await Station.start({ port });
  assert(
    a.warnings.some((text) =>
      text.startsWith(
        `udp-port: UDP port ${port} of 127.0.0.1 receives no unicast: another program`,
      )
    ),
    `${a.warnings}`,
  );
  const { port: own } = await new Promise<{ port: number }>((resolve) => {
    taken.once("message", (_, from) => resolve(from));
    a.net.unicast({ host: "127.0.0.1", port }, bytes("ask"));
  });
  taken.send(bytes("answer"), own, "127.0.0.1");
  assertEquals((await a.hears("answer")).via, "own");
  await new Promise<void>((resolve) => taken.close(() => resolve()));
});

Deno.test("who keeps unicast gets it, and who starts later is told", async () => {
  const port = freeUdpPort();
  await using keeper = await Station.start({ port, keepsUnicast: true });
  await using later = await Station.start({ port });
  await using sender = await Station.start({ port: freeUdpPort() });
  sender.net.unicast({ host: "127.0.0.1", port }, bytes("for the gateway"));
  await keeper.hears("for the gateway");
  assertEquals([later.heard, keeper.warnings], [[], []]);
  assert(
    later.warnings.some((text) => /^udp-port: .* another program .*a peer with --plain/.test(text)),
    `${later.warnings}`,
  );
});

Deno.test("who keeps unicast shares it with a peer that was there before", async () => {
  const port = freeUdpPort();
  await using before = await Station.start({ port });
  await using keeper = await Station.start({ port, keepsUnicast: true });
  assertEquals([before.warnings, keeper.warnings], [[], []]);
  assertEquals(keeper.net.deaf, false);
});

Deno.test("who keeps unicast takes it back from a peer that starts later and shares it", async () => {
  const port = freeUdpPort();
  await using _before = await Station.start({ port });
  await using keeper = await Station.start({ port, keepsUnicast: true });
  await using later = await Station.start({ port });
  await using sender = await Station.start({ port: freeUdpPort() });
  for (const host of ["127.0.0.1", "::1"]) {
    await keeper.net.refresh();
    sender.net.unicast({ host, port }, bytes(`to ${host}`));
    await keeper.hears(`to ${host}`);
  }
  assertEquals([later.heard, later.warnings, keeper.warnings], [[], [], []]);
});
