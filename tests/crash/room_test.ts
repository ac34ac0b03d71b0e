// What a receiver that has no room, or cannot write, tells the sender and its owner; and that everything arrives without
// anybody's help once it can.

import { assert, assertEquals, assertFalse, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  type DeliveryResult,
  type Peer,
  type PeerEvent,
  type PeerOptions,
  UserError,
} from "../../lib/mod.ts";
import type { Clock, Timer } from "../../lib/platform/clock.ts";
import { fastClock } from "../support/fast_clock.ts";
import { json, LoopbackPeers } from "../support/loopback_peer.ts";
import { patient } from "../support/patience.ts";
import { lacks } from "../support/require.ts";
import { SmallDisk } from "../support/small_disk.ts";

/** Times the machine's clock: the pauses before something is tried again are over soon. */
const SPEED = 20;
/** So long a document is tried, unless the test gives up; milliseconds. */
const NEVER = 1e9;

const onSmallDisk = { ignore: lacks("lan") };

/** A fast clock on which {@linkcode NEVER} comes when the test says so. */
class PatientClock implements Clock {
  readonly #clock = fastClock(SPEED);
  readonly #waiting = new Map<number, () => void>();
  #last = NEVER;

  /** A time that is never over before {@linkcode end}. */
  endless(): number {
    return this.#last++;
  }

  /** An endless time is over. */
  end(time: number): void {
    this.#waiting.get(time)?.();
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  after(ms: number, fn: () => void): Timer {
    if (ms < NEVER || ms >= this.#last) return this.#clock.after(ms, fn);
    this.#waiting.set(ms, fn);
    return { cancel: () => void (this.#waiting.get(ms) === fn && this.#waiting.delete(ms)) };
  }
}

/** Anna, who sends, and Bert, who receives. */
class Pair implements AsyncDisposable {
  readonly peers = new LoopbackPeers();
  readonly #sent = new Map<string, Uint8Array>();
  /** Documents that were looked at in the inbox. */
  readonly #verified = new Set<string>();
  readonly #clock = new PatientClock();
  #disk: SmallDisk | undefined;
  anna!: Peer;
  bert!: Peer;

  /** Folders of Bert. */
  get state(): string {
    return join(this.peers.folder, "bert");
  }

  get inbox(): string {
    return join(this.peers.folder, "bert-inbox");
  }

  async start(options: PeerOptions = {}): Promise<void> {
    this.anna = await this.peers.start("anna", { clock: this.#clock });
    await this.startBert(options);
    await this.peers.event(this.anna, "peer", ({ id }) => id === this.bert.id);
  }

  /** Starts Bert, also once more. */
  async startBert(options: PeerOptions = {}): Promise<void> {
    this.bert = await this.peers.start("bert", { clock: this.#clock, ...options });
  }

  /**
   * Sends a document of that many bytes.
   *
   * @param refused it is tried until it is taken, or refused after this has resolved
   */
  async send(
    name: string,
    size: number,
    stream?: string,
    refused: Promise<unknown> = Promise.resolve(),
  ): Promise<DeliveryResult> {
    const timeout = this.#clock.endless();
    let isOver = false;
    void refused.then(() => isOver = true);
    const document = json(name.padEnd(size - 2, "x"));
    this.#sent.set(name, document);
    const sending = this.anna.send(document, {
      to: [this.bert.id],
      name,
      stream,
      timeout,
      // One that came before may have been followed by another attempt, which is under way.
      deferred: () => void (isOver && this.#clock.end(timeout)),
    });
    const [result] = await patient(sending, () => `what becomes of ${name}`);
    return result!;
  }

  /** Sends a document that cannot leave: it is given up at once. */
  async sendInVain(name: string, size: number, stream: string): Promise<DeliveryResult> {
    const document = json(name.padEnd(size - 2, "x"));
    const [result] = await this.anna.send(document, { to: [this.bert.id], name, stream, timeout: 0 });
    return result!;
  }

  /** Says something; gives what became of it. */
  async say(text: string): Promise<string> {
    const saying = this.anna.say(text, { to: [this.bert.id], timeout: this.#clock.endless() });
    const [result] = await patient(saying, () => "the acknowledgement of a chat");
    return result!.status;
  }

  /** Sends documents of that size until one is refused; returns what became of that one. */
  async sendUntilFull(prefix: string, size: number): Promise<DeliveryResult> {
    for (let i = 0; i < 1_000; i++) {
      const result = await this.send(`${prefix}${i}.json`, size);
      if (result.status !== "delivered") return result;
    }
    throw new Error("it was never full");
  }

  /** What was told to be there is, byte for byte. Returns the files. */
  verify(): string[] {
    const paths: string[] = [];
    for (const { path, name, stream } of this.told("document")) {
      if (this.#verified.has(name)) continue;
      this.#verified.add(name);
      const document = this.#sent.get(name)!;
      if (stream === undefined) assertEquals(Deno.readFileSync(path), document, name);
      else assert(Deno.readTextFileSync(path).includes(new TextDecoder().decode(document) + "\n"), name);
      paths.push(path);
    }
    return paths;
  }

  /** Everything that was sent is there, and was told once, `before` by the run before this one. */
  async everythingArrives(before: readonly { readonly name: string }[] = []): Promise<void> {
    const missing = [...this.#sent.keys()].filter((name) => !before.some((each) => each.name === name));
    for (const name of missing) await this.peers.event(this.bert, "document", (event) => event.name === name);
    this.verify();
    const told = [...before, ...this.told("document")].map(({ name }) => name).toSorted();
    assertEquals(told, [...this.#sent.keys()].toSorted());
  }

  /** Events of Bert. */
  told<E extends PeerEvent["event"]>(name: E): (PeerEvent & { event: E })[] {
    return this.peers.events(this.bert).filter((event): event is PeerEvent & { event: E } =>
      event.event === name
    );
  }

  /** Waits for a warning of Bert. */
  warned(code: string): Promise<PeerEvent & { event: "warning" }> {
    return this.peers.event(this.bert, "warning", (event) => event.code === code);
  }

  /** A small disk on a folder of Bert's. */
  mount(path: string, options: string): SmallDisk {
    return this.#disk = new SmallDisk(path, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of [this.anna, this.bert]) await peer?.close();
    this.#disk?.[Symbol.dispose]();
    await this.peers[Symbol.asyncDispose]();
  }
}

function assertWaits(result: DeliveryResult, code: string, why: RegExp): void {
  assertEquals([result.status, result.code], ["queued", code], JSON.stringify(result));
  assertMatch(result.why!, why);
}

Deno.test("over its quota a receiver says so to the sender and its owner, and takes the rest once files are gone", async () => {
  await using pair = new Pair();
  await pair.start({ quota: 200_000 });
  assertWaits(await pair.sendUntilFull("a", 30_000), "quota", /limit of/);
  assertMatch((await pair.warned("quota")).message, /remove files/);
  assertWaits(await pair.send("line", 30_000, "log"), "quota", /limit of/);
  // There would be room for this one; nothing of it has left, so it is withdrawn.
  const behind = await pair.sendInVain("line after", 100, "log");
  assertEquals([behind.status, behind.code], ["unreachable", "busy"]);
  assertMatch(behind.why!, /an earlier one has to come first/);
  assertWaits(await pair.send("large", 100_000), "quota", /limit of/);
  assertEquals(await pair.say("still there?"), "delivered");
  for (const path of pair.verify()) Deno.removeSync(path);
  await pair.everythingArrives();
});

Deno.test(
  "on a full disk under the inbox the receiver says so, and takes the rest once there is room",
  onSmallDisk,
  async () => {
    await using pair = new Pair();
    const disk = pair.mount(pair.inbox, "size=1m");
    await pair.start();
    await pair.send("first", 100);
    await pair.send("first line", 100, "log");
    const filling = disk.fill(128 * 1024);
    const refused = await pair.sendUntilFull("a", 30_000);
    assertWaits(refused, "busy", /the disk is full/);
    assertFalse(refused.why!.includes(pair.inbox), "a path of the receiver went to the sender");
    assertMatch((await pair.warned("inbox-unwritable")).message, /make room there/);
    assertWaits(await pair.send("line", 30_000, "log"), "busy", /the disk is full/);
    assertWaits(await pair.send("large", 100_000), "busy", /the disk is full/);
    assertEquals(await pair.say("still there?"), "delivered");
    pair.verify();
    Deno.removeSync(filling);
    await pair.everythingArrives();
  },
);

Deno.test(
  "on a full disk under the database the receiver says so, and takes the rest once there is room",
  onSmallDisk,
  async () => {
    await using pair = new Pair();
    const disk = pair.mount(pair.state, "size=2m");
    await pair.start();
    assertWaits(await pair.sendUntilFull("a", 60_000), "busy", /the disk is full/);
    assertMatch((await pair.warned("storage-failed")).message, /make room/);
    pair.verify();
    disk.remount("size=64m");
    await pair.everythingArrives();
  },
);

Deno.test(
  "with database and inbox on one disk that is full nothing acknowledged is lost, also over a restart",
  onSmallDisk,
  async () => {
    await using pair = new Pair();
    const disk = pair.mount(pair.peers.folder + "/disk", "size=2m");
    const folders = { state: join(disk.path, "state"), inbox: join(disk.path, "inbox") };
    await pair.start(folders);
    const filling = disk.fill(1024 * 1024);
    assertWaits(await pair.sendUntilFull("a", 20_000), "busy", /the disk is full/);
    await pair.bert.close();
    const before = pair.told("document");
    await pair.startBert(folders);
    Deno.removeSync(filling);
    disk.remount("size=16m");
    await pair.everythingArrives(before);
  },
);

Deno.test(
  "an inbox that became read-only is told, and what waited for it arrives once it can be written",
  onSmallDisk,
  async () => {
    await using pair = new Pair();
    const disk = pair.mount(pair.inbox, "size=4m");
    await pair.start();
    await pair.send("first", 100);
    disk.remount("ro");
    // What was committed before anybody knew is acknowledged, and follows.
    assertEquals((await pair.send("committed", 1_000)).status, "delivered");
    const refused = await pair.send("refused", 1_000);
    assertWaits(refused, "busy", /not allowed/);
    assertFalse(refused.why!.includes(pair.inbox), "a path of the receiver went to the sender");
    assertMatch((await pair.warned("inbox-unwritable")).message, /make it writable/);
    assertWaits(await pair.send("large", 100_000), "busy", /not allowed/);
    assertWaits(await pair.send("line", 100, "log"), "busy", /not allowed/);
    assertEquals(pair.told("document").map(({ name }) => name), ["first"]);
    disk.remount("rw");
    await pair.everythingArrives();
  },
);

Deno.test(
  "a sender whose own disk is full sends what needs no room there, and says what does",
  onSmallDisk,
  async () => {
    await using pair = new Pair();
    const disk = pair.mount(join(pair.peers.folder, "anna"), "size=1m");
    await pair.start();
    const filling = disk.fill();
    const result = await pair.send("first", 8_000);
    assertEquals(result.status, "delivered", JSON.stringify(result));
    const queued = { to: [pair.bert.id], name: "queued", queue: true };
    await assertRejects(() => pair.anna.send(json(1), queued), UserError, "make room");
    await assertRejects(() => pair.anna.send(json("x".repeat(100_000)), queued), UserError, "no room");
    await pair.peers.event(pair.anna, "warning", ({ code }) => code === "storage-failed");
    Deno.removeSync(filling);
    assertEquals((await pair.send("again", 100_000)).status, "delivered");
    await pair.everythingArrives();
  },
);

Deno.test(
  "two large documents at once on a disk that has room for one: one arrives, and the other once there is room",
  onSmallDisk,
  async () => {
    await using pair = new Pair();
    const disk = pair.mount(pair.inbox, "size=16m");
    await pair.start();
    const first = Promise.withResolvers<void>();
    const results = await Promise.all(["one", "two"].map(async (name) => {
      const result = await pair.send(name, 10 * 1024 * 1024, undefined, first.promise);
      first.resolve();
      return result;
    }));
    assertEquals(
      results.map(({ status }) => status).toSorted(),
      ["delivered", "queued"],
      JSON.stringify(results),
    );
    assertWaits(
      results.find(({ status }) => status === "queued")!,
      "busy",
      /large document|disk is full|once more/,
    );
    disk.remount("size=64m");
    await pair.everythingArrives();
  },
);
