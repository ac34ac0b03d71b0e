import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Settlement } from "../../../lib/delivery/outbound_store.ts";
import { Messenger, type MessengerContext } from "../../../lib/peer/messenger.ts";
import type { PeerRef } from "../../../lib/peer/types.ts";
import type { Refusal } from "../../../lib/protocol/refusal.ts";
import type { OutboundMessage } from "../../../lib/storage/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const BOB: PeerRef = { id: "b".repeat(24), name: "bob" };
const LARGE = { spool: "x", size: 1_000_000, sha256: "0".repeat(64) };
const FULL: Refusal = { code: "quota", why: "full" };

/** A messenger whose recipient the test plays. */
class Bench {
  readonly clock = new FakeClock();
  /** What was handed over for delivery, last. */
  message: OutboundMessage | undefined;
  refusal: Refusal | undefined;
  whyNot = "not within earshot";
  readonly messenger: Messenger;
  readonly warnings: string[] = [];

  constructor() {
    const outbound = {
      add: (message: OutboundMessage) => this.message = message,
      refusalOf: () => this.refusal,
      has: () => false,
      keep: () => Promise.resolve(),
      withdraw: () => Promise.resolve("sent"),
    };
    const context: unknown = {
      clock: this.clock,
      outboxMs: 1_000_000,
      delivery: { outbound: () => Promise.resolve(outbound) },
      directory: { ref: () => BOB, whyNot: () => ({ why: this.whyNot }) },
      hub: { warn: (_code: string, text: string) => this.warnings.push(text) },
      trust: { isBlocked: () => false },
      storage: { holdSpool: () => Promise.resolve(() => Promise.resolve()), lived: () => this.clock.now() },
    };
    this.messenger = new Messenger(context as MessengerContext);
  }

  /** The recipient asks for the document from `bytes` on. */
  wants(bytes: number): void {
    this.messenger.followed({ type: "progress", recipient: BOB.id, message: this.message!, bytes });
  }

  /** The message ends. */
  settles(message: OutboundMessage, settlement: Settlement): void {
    this.messenger.followed({ type: "settled", recipient: BOB.id, message, settlement });
  }

  /** The recipient has no room. */
  refuses(): void {
    this.refusal = FULL;
    this.messenger.followed({ type: "deferred", recipient: BOB.id, message: this.message!, refusal: FULL });
  }
}

Deno.test("a document that is refused for now again and again is not waited for longer than without progress", async () => {
  const bench = new Bench();
  const told: unknown[] = [];
  let status: string | undefined;
  const sent = bench.messenger.send(LARGE, {
    to: [BOB.id],
    timeout: 10_000,
    deferred: (to, refusal) => told.push([to.name, refusal.code]),
  });
  void sent.then(([result]) => status = result?.status);
  await bench.clock.advance(4_000);
  bench.wants(0);
  bench.wants(500_000);
  bench.refuses();
  for (let tries = 0; tries < 3; tries++) {
    await bench.clock.advance(3_000);
    assertEquals(status, undefined, "its time runs from the last progress");
    bench.wants(0);
    bench.wants(500_000);
    bench.refuses();
  }
  await bench.clock.advance(1_000);
  assertEquals(status, "queued");
  assertEquals(told, Array(4).fill(["bob", "quota"]));
});

Deno.test("what gets on after it was refused for now, or begins anew, is waited for", async () => {
  const bench = new Bench();
  let status: string | undefined;
  const sent = bench.messenger.send(LARGE, { to: [BOB.id], timeout: 10_000 });
  void sent.then(([result]) => status = result?.status);
  await bench.clock.advance(0);
  bench.wants(500_000);
  bench.refuses();
  for (const bytes of [600_000, 0, 100_000, 700_000]) {
    await bench.clock.advance(9_000);
    bench.wants(bytes);
  }
  await bench.clock.advance(9_000);
  assertEquals(status, undefined);
  await bench.clock.advance(1_000);
  assertEquals(status, "queued");
});

Deno.test("what a recipient could not take before is told as soon as it is taken up again", async () => {
  const bench = new Bench();
  bench.refusal = FULL;
  const told: string[] = [];
  const sent = bench.messenger.send(LARGE, {
    to: [BOB.id],
    timeout: 10_000,
    deferred: (_, { code }) => told.push(code),
  });
  await bench.clock.advance(0);
  assertEquals(told, ["quota"]);
  await bench.clock.advance(10_000);
  assertEquals((await sent)[0]?.status, "queued");
});

Deno.test("what is given up is named: the document or the chat message, its recipient, and why", () => {
  const bench = new Bench();
  const message = { id: "0".repeat(26), at: 0, expires: 0, size: 1 } as const;
  const reading = { ...message, kind: "document", name: "reading.json" } as const;
  bench.settles(reading, { status: "expired", why: "quota: full" });
  bench.whyNot = "the connection was refused";
  bench.settles(reading, { status: "expired" });
  bench.settles({ ...message, kind: "chat", to: "you", name: "" }, { status: "expired" });
  bench.settles({ ...message, kind: "chat", to: "all", name: "" }, { status: "expired" });
  assertEquals(bench.warnings.length, 3);
  const [full, away, chat] = bench.warnings;
  assertStringIncludes(full!, 'The document "reading.json"');
  assertStringIncludes(full!, "to bob was given up");
  assertStringIncludes(full!, "quota: full");
  assertStringIncludes(away!, "the connection was refused");
  assertStringIncludes(chat!, "A chat message");
});
