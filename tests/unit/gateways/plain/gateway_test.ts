import { assert, assertEquals } from "@std/assert";
import dgram from "node:dgram";
import { PlainGateway } from "../../../../lib/gateways/plain/gateway.ts";
import type { Peer, PeerEvent } from "../../../../lib/mod.ts";
import type { GatewayOptions } from "../../../../lib/peer/door.ts";
import { json, LoopbackPeers } from "../../../support/loopback_peer.ts";
import { patient } from "../../../support/patience.ts";
import { freeUdpPort } from "../../net/free_port.ts";

const SENDER = { name: "plain-127.0.0.1", plain: true };

/** A gateway that is open. */
function open(options: Partial<GatewayOptions> = {}): GatewayOptions {
  return { open: (door) => new PlainGateway(door, { isReadable: true }), ...options };
}

/** A program with a TCP socket, as netcat. */
class Netcat implements Disposable {
  #text = "";
  constructor(private readonly conn: Deno.TcpConn) {}

  static async connect(peer: Peer): Promise<Netcat> {
    return new Netcat(await Deno.connect({ hostname: "127.0.0.1", port: peer.port }));
  }

  /** Connects and says something, at once: who is silent for a second is told what others say. */
  static async greet(peer: Peer): Promise<Netcat> {
    const netcat = await Netcat.connect(peer);
    await netcat.write("here\n");
    assertEquals(await netcat.line(), "Ok!");
    return netcat;
  }

  async write(text: string | Uint8Array): Promise<void> {
    const data = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let at = 0; at < data.length;) at += await this.conn.write(data.subarray(at));
  }

  endInput(): Promise<void> {
    return this.conn.closeWrite();
  }

  /** The next line; undefined at the end. */
  async line(): Promise<string | undefined> {
    const buffer = new Uint8Array(4096);
    while (!this.#text.includes("\n")) {
      const n = await patient(this.conn.read(buffer).catch(() => null), () => `a line after "${this.#text}"`);
      if (n === null) return undefined;
      this.#text += new TextDecoder().decode(buffer.subarray(0, n));
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  [Symbol.dispose](): void {
    this.conn.close();
  }
}

/** A program with a UDP socket. */
class Datagrams implements AsyncDisposable {
  readonly received: string[] = [];
  #wake = () => {};

  private constructor(private readonly socket: dgram.Socket) {
    socket.on("message", (data) => {
      this.received.push(new TextDecoder().decode(data));
      this.#wake();
    });
  }

  static open(): Promise<Datagrams> {
    const socket = dgram.createSocket("udp4");
    return new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(new Datagrams(socket))));
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(data: string | Uint8Array, port: number): void {
    this.socket.send(typeof data === "string" ? new TextEncoder().encode(data) : data, port, "127.0.0.1");
  }

  async count(n: number): Promise<void> {
    while (this.received.length < n) {
      const woken = new Promise<void>((resolve) => this.#wake = resolve);
      await patient(woken, () => `${n} datagrams; there are ${this.received}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

function came(events: readonly PeerEvent[]): PeerEvent[] {
  return events.filter(({ event }) => event === "chat" || event === "document");
}

Deno.test("lines are chat and documents, answered once they are durable, from a sender marked as unproven", async () => {
  await using peers = new LoopbackPeers();
  const peer = await peers.start("gate", { gateway: open() });
  using netcat = await Netcat.connect(peer);
  await netcat.write('hello\n{"t":21.5}\n{"t":\n');
  await netcat.write("[2]");
  await netcat.endInput();
  assertEquals(await netcat.line(), "Ok!");
  const [ok, id] = (await netcat.line())!.split(" ");
  assertEquals(ok, "Ok!");
  assertEquals((await netcat.line())!.slice(0, 14), "No! not-json: ");
  assertEquals((await netcat.line())!.slice(0, 4), "Ok! ");
  assertEquals(await netcat.line(), undefined);
  const chat = await peers.event(peer, "chat");
  const document = await peers.event(peer, "document");
  assertEquals([chat.from, chat.text], [SENDER, "hello"]);
  assertEquals([document.from, document.id, document.stream], [SENDER, id, "plain"]);
  assertEquals(await Deno.readTextFile(document.path), '{"t":21.5}\n[2]\n');
  assert(document.path.includes("/plain-127.0.0.1/"));
});

Deno.test("a line over 65 000 bytes becomes a file of its own", async () => {
  await using peers = new LoopbackPeers();
  const peer = await peers.start("gate", { gateway: open() });
  using netcat = await Netcat.connect(peer);
  const document = JSON.stringify({ text: "x".repeat(900_000) });
  await netcat.write(`${document}\n`);
  assertEquals((await netcat.line())!.slice(0, 4), "Ok! ");
  const { path, stream } = await peers.event(peer, "document");
  assertEquals([stream, await Deno.readTextFile(path)], [undefined, document]);
});

Deno.test("what is said in the group goes to connected programs, and a private message does not", async () => {
  await using peers = new LoopbackPeers();
  const peer = await peers.start("gate", { gateway: open() });
  const other = await peers.start("other");
  using netcat = await Netcat.greet(peer);
  using _second = await Netcat.greet(peer);
  assertEquals(await netcat.line(), "plain-127.0.0.1: here", "two programs talk through one gateway");
  await peers.event(other, "peer");
  await other.say("secret", { to: [peer.id] });
  await other.say("hello\nall");
  await peer.say("mine");
  assertEquals(await netcat.line(), "other: hello all");
  assertEquals(await netcat.line(), "gate: mine");
});

Deno.test("an echo of what was said is nothing: two programs that echo do not talk for ever", async () => {
  await using peers = new LoopbackPeers();
  const peer = await peers.start("gate", { gateway: open() });
  using one = await Netcat.greet(peer);
  using two = await Netcat.greet(peer);
  assertEquals(await one.line(), "plain-127.0.0.1: here");
  await peer.say("hello");
  for (const each of [one, two]) {
    const line = await each.line();
    assertEquals(line, "gate: hello");
    await each.write(`${line}\nOk!\n`);
  }
  await one.write("end\n");
  assertEquals(await one.line(), "Ok!");
  assertEquals(await two.line(), "plain-127.0.0.1: end");
  const texts = came(peers.events(peer)).map((event) => event.event === "chat" ? event.text : "");
  assertEquals(texts, ["here", "here", "end"]);
});

Deno.test("with a gateway, sessions work as without; a silent connection and garbage harm nobody", async () => {
  await using peers = new LoopbackPeers();
  const peer = await peers.start("gate", { gateway: open() });
  using _silent = await Netcat.connect(peer);
  using half = await Netcat.connect(peer);
  await half.write("ES");
  using garbage = await Netcat.connect(peer);
  await garbage.write(crypto.getRandomValues(new Uint8Array(4096)).fill(0, 0, 4));
  assertEquals(await garbage.line(), undefined);
  const other = await peers.start("other");
  await peers.event(other, "peer");
  const [result] = await other.send(json({ a: 1 }), { to: [peer.id] });
  assertEquals(result!.status, "delivered");
  // After a second of silence the half is a text of its own.
  const others = came(peers.events(peer)).filter((event) => event.event !== "chat" || event.text !== "ES");
  assertEquals(others.map(({ event }) => event), ["document"]);
});

Deno.test("a browser's traffic writes nothing", async () => {
  await using peers = new LoopbackPeers();
  const peer = await peers.start("gate", { gateway: open() });
  const requests: (string | Uint8Array)[] = [
    "GET /chat HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\n\r\n",
    'POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Type: text/plain\r\nOrigin: http://evil.example\r\nContent-Length: 9\r\n\r\n{"a":"="}',
    new Uint8Array([0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42, ...new Array(20).fill(7)]),
    new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ];
  for (const request of requests) {
    using browser = await Netcat.connect(peer);
    await browser.write(request);
    await browser.endInput();
    while (await browser.line() !== undefined) { /* until the connection ends */ }
  }
  assertEquals(came(peers.events(peer)), []);
});

Deno.test("datagrams are saved and answered from the port they were sent to; a flood is not answered", async () => {
  await using peers = new LoopbackPeers();
  const udpPort = freeUdpPort();
  const peer = await peers.start("gate", { gateway: open(), testing: { udpPort } });
  await using program = await Datagrams.open();
  program.send('{"t":1}', udpPort);
  await program.count(1);
  const { path } = await peers.event(peer, "document");
  assertEquals(await Deno.readTextFile(path), '{"t":1}\n');
  program.send("{", udpPort);
  await program.count(2);
  for (const nothing of ["Ok!", "No! x", new Uint8Array([0, 1, 2])]) program.send(nothing, udpPort);
  program.send("Hello from ESP32", udpPort);
  await program.count(3);
  assertEquals(program.received.map((text) => text.slice(0, 14)), ["Ok!", "No! not-json: ", "Ok!"]);
  for (let n = 0; n < 500; n++) program.send("flood", udpPort);
  using netcat = await Netcat.connect(peer);
  await netcat.write("after\n");
  assertEquals(await netcat.line(), "Ok!");
  assert(program.received.length < 3 + 3 * 50, `${program.received.length} answers`);
});

Deno.test("two gateways and a program that echoes, in a multicast group: each line once, and no loop", async () => {
  await using peers = new LoopbackPeers();
  const udpPort = freeUdpPort();
  const group = "239.1.2.3";
  const start = (name: string) =>
    peers.start(name, { gateway: open({ groups: [group] }), testing: { udpPort } });
  const [one, two] = [await start("one"), await start("two")];
  await peers.event(one, "peer");
  await peers.event(two, "peer");
  const heard: string[] = [];
  const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
  try {
    const third = Promise.withResolvers<void>();
    await new Promise<void>((resolve) => socket.bind(udpPort, group, resolve));
    socket.addMembership(group, "127.0.0.1");
    socket.setMulticastInterface("127.0.0.1");
    socket.on("message", (data) => {
      const text = new TextDecoder().decode(data);
      heard.push(text);
      // An echo of the group's lines, but not of its own.
      if (!text.startsWith("echo")) socket.send(new TextEncoder().encode(`echo ${text}`), udpPort, group);
      if (heard.length === 4) third.resolve();
    });
    await one.say("first");
    await peers.event(two, "chat", ({ text }) => text === "echo first");
    await two.say("second");
    for (const peer of [one, two]) await peers.event(peer, "chat", ({ text }) => text === "echo second");
    await patient(third.promise, () => heard.join());
  } finally {
    socket.close();
  }
  assertEquals(heard, ["first", "echo first", "second", "echo second"]);
  const chats = (peer: Peer) =>
    came(peers.events(peer)).map((event) => event.event === "chat" ? `${event.from.name} ${event.text}` : "");
  assertEquals(chats(one), ["plain-127.0.0.1 echo first", "two second", "plain-127.0.0.1 echo second"]);
  assertEquals(chats(two).toSorted(), [
    "one first",
    "plain-127.0.0.1 echo first",
    "plain-127.0.0.1 echo second",
  ]);
});

Deno.test("a peer that takes messages from known peers only takes none through the gateway", async () => {
  await using peers = new LoopbackPeers();
  const peer = await peers.start("gate", { gateway: open(), accept: "known" });
  using netcat = await Netcat.connect(peer);
  await netcat.write('hello\n{"a":1}\n');
  assertEquals((await netcat.line())!.slice(0, 13), "No! refused: ");
  assertEquals((await netcat.line())!.slice(0, 13), "No! refused: ");
  assertEquals(came(peers.events(peer)), []);
});

Deno.test("a gateway at one address is not there at another, and without one nothing is taken", async () => {
  await using peers = new LoopbackPeers();
  const narrow = await peers.start("narrow", { gateway: open({ listen: "127.0.0.9" }) });
  const closed = await peers.start("closed");
  for (const peer of [narrow, closed]) {
    using netcat = await Netcat.connect(peer);
    await netcat.write("hello, is anybody there?\n");
    assertEquals(await netcat.line(), undefined);
    assertEquals(came(peers.events(peer)), []);
  }
});
