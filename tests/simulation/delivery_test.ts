import { assert, assertEquals } from "@std/assert";
import { DeliveryPair, largeDocument, testChat, testDocument } from "../support/delivery_pair.ts";
import type { SenderDisk } from "../support/delivery_disks.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const RUNS = 20;
const STEPS = 1_000;

/** What may happen next, as often as it stands here. */
const EVENTS = [
  ...Array(8).fill("add"),
  ...Array(20).fill("write"),
  ...Array(30).fill("to receiver"),
  ...Array(30).fill("to sender"),
  ...Array(8).fill("sender commits"),
  ...Array(8).fill("receiver commits"),
  ...Array(4).fill("connect"),
  ...Array(3).fill("time"),
  "cut",
  "copy",
  "restore",
  "kill sender",
  "kill receiver",
  "busy",
];

Deno.test("whatever is cut, killed, copied or restored at any step, every message arrives once and in order, and none twice", async () => {
  const random = new SeededRandom();
  for (let run = 0; run < RUNS; run++) await oneRun(new SeededRandom(random.u32()), run);
});

async function oneRun(random: SeededRandom, run: number): Promise<void> {
  const where = `run ${run}, seed ${random.seed}`;
  const clock = new FakeClock();
  const pair = await DeliveryPair.start(clock, random.pick([4, 16, 1024]));
  const busy = { level: 0 };
  const hopeless = new Set<string>();
  pair.receiver.refuse = (message) =>
    hopeless.has(message.id)
      ? { code: "not-json", why: "" }
      : random.between(0, 1) < busy.level
      ? { code: "busy", why: "" }
      : undefined;
  /** Safely in the outbox: these must arrive, whatever happens, unless a copy without them is restored. */
  let promised: string[] = [];
  /** An older copy of the sender's disk; a clone of the sender may go on from it. */
  let copy = pair.sender.copy();
  const order = new Map<string, string[]>();
  const log = pair.receiver.log;

  for (let step = 0; step < STEPS; step++) {
    switch (random.pick(EVENTS)) {
      case "add": {
        const kind = random.pick([undefined, undefined, "s1", "s2", "chat", "large"]);
        const stream = kind === "large" ? undefined : kind;
        const message = kind === "chat"
          ? testChat("hi")
          : kind === "large"
          ? largeDocument(Math.ceil(random.between(65_001, 1_500_000)))
          : testDocument(`${step}`, { stream });
        if (kind === "large" && random.between(0, 1) < 0.1) pair.receiver.corrupt.set(message.id, 1);
        if (random.between(0, 1) < 0.1) hopeless.add(message.id);
        else if (stream) order.set(stream, [...order.get(stream) ?? [], message.id]);
        pair.outbound.add(message, true);
        // Some are promised, as with `--queue`; the others may be lost with the sender, but only with it.
        if (random.between(0, 1) < 0.7) {
          void pair.outbound.keep(message.id).then(() => void promised.push(message.id));
        }
        break;
      }
      case "write":
        pair.write(Math.ceil(random.between(0, 20)));
        break;
      case "to receiver":
        pair.deliverToReceiver();
        break;
      case "to sender":
        pair.deliverToSender();
        break;
      case "sender commits":
        pair.sender.commit(Math.ceil(random.between(0, 20)));
        break;
      case "receiver commits":
        pair.receiver.commit(Math.ceil(random.between(0, 20)));
        break;
      case "connect":
        if (!pair.connected) pair.connect();
        break;
      case "cut":
        pair.cut();
        break;
      case "copy":
        copy = pair.sender.copy();
        break;
      case "restore":
        await clock.advance(0);
        promised = promised.filter((id) => copy.rows.has(id) || log.includes(id));
        await pair.restoreSender(copy);
        copy = pair.sender.copy();
        break;
      case "kill sender":
        await pair.killSender();
        break;
      case "kill receiver":
        pair.killReceiver();
        break;
      case "busy":
        busy.level = random.pick([0, 0, 0.3, 1]);
        break;
      case "time":
        await clock.advance(random.between(0, 5_000));
    }
    await Promise.resolve();
  }

  busy.level = 0;
  for (let i = 0; i < 40 && (pair.outbound.waiting > 0 || i < 2); i++) {
    await pair.finish();
    await clock.advance(60_000);
  }
  await pair.finish();
  assertEquals(pair.outbound.waiting, 0, `${where}: something is left`);
  assertEquals(new Set(log).size, log.length, `${where}: saved twice`);
  for (const id of promised) {
    if (!hopeless.has(id)) assert(log.includes(id), `${where}: ${id} was promised and is lost`);
  }
  for (const id of hopeless) assert(!log.includes(id));
  for (const [stream, sent] of order) {
    const saved = log.filter((id) => sent.includes(id));
    assertEquals(saved, sent.filter((id) => saved.includes(id)), `${where}: ${stream} is out of order`);
  }
  for (const { message, settlement } of pair.ended) {
    if (settlement.status !== "delivered") continue;
    assert(log.includes(message.id), `${where}: ${message.id} is called delivered and is lost`);
  }
  assertEquals(pair.violations, [], where);
  assertEquals((pair.sender as SenderDisk).rows.size, 0, `${where}: the outbox is not empty`);
  assertEquals(pair.failures, []);
  pair.outbound.close();
}
