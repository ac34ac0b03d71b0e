import { assert, assertEquals } from "@std/assert";
import { LineSeries } from "../../../../lib/cli/messages/line_series.ts";
import { Recipients } from "../../../../lib/cli/messages/recipients.ts";
import type { SeriesOptions } from "../../../../lib/control/service.ts";
import type { DeliveryResult, PeerRef } from "../../../../lib/peer/types.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { BOB, FakeService, until } from "../../control/fake_service.ts";

const CAROL: PeerRef = { id: "c".repeat(24), name: "carol" };

/** A series to some peers, and what it took: `line:statuses`. */
function series(service: FakeService, ...peers: PeerRef[]) {
  const taken: string[] = [];
  const deferred: string[] = [];
  const state = { over: false };
  const lines = new LineSeries({
    service,
    recipients: new Recipients(peers.map((peer) => ({ peer, isAway: false })), [], []),
    document: { timeout: 5_000, stream: "s" },
    isTimeoutGiven: false,
    take: ({ line, results }) => {
      taken.push(`${line.number}:${results.map(({ status }) => status)}`);
      return Promise.resolve();
    },
    deferred: (line, _isLarge, _to, { why }) => void deferred.push(`${line.text}: ${why}`),
    over: () => state.over = true,
  });
  const send = (number: number, content: Uint8Array = new Uint8Array([0x31])) =>
    lines.send({ number, content, end: 0, text: `line ${number}` }, "a.json");
  return { lines, send, taken, deferred, state };
}

/** What was handed over: how many documents at once, and how. */
function sent(service: FakeService): (SeriesOptions & { readonly count: number })[] {
  return service.calls.filter(([call]) => call === "sendSeries").map(([, documents, options]) => ({
    ...options as SeriesOptions,
    count: (documents as unknown[]).length,
  }));
}

function answering(status: (to: string, n: number) => Partial<DeliveryResult>): FakeService {
  const service = new FakeService();
  let n = 0;
  service.answers.send = (_, { to, id }) => {
    n++;
    return to.map((each) => ({
      id: id!,
      to: { id: each, name: "" },
      status: "delivered" as const,
      ...status(each, n),
    }));
  };
  return service;
}

Deno.test("lines go in order, many at once but not all, and their outcomes come in order", async () => {
  const service = new FakeService();
  const gates: (() => void)[] = [];
  const { sendSeries: answer } = service.answers;
  service.answers.sendSeries = async (...args) => {
    await new Promise<void>((resolve) => gates.push(resolve));
    return await answer!(...args);
  };
  const { lines, send, taken } = series(service, BOB);
  const all = (async () => {
    for (let n = 1; n <= 1_000; n++) assert(await send(n));
    await lines.end();
  })();
  await until(() => gates.length >= 4);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(sent(service).map(({ count }) => count), [128, 128, 128, 128], "memory is bounded");
  // The last one is answered first.
  for (let open; (open = gates.pop());) {
    open();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  service.answers.sendSeries = answer;
  await all;
  assertEquals(taken, Array.from({ length: 1_000 }, (_, n) => `${n + 1}:delivered`));
  const ids = sent(service).flatMap(({ ids }) => ids);
  assertEquals([ids.length, ids], [1_000, ids.toSorted()], "ids sort as the lines do");
  assert(sent(service).every(({ stream }) => stream === "s"));
  assertEquals(lines.exitCode, 0);
});

Deno.test("what waits for outcomes is bounded with many recipients, too", async () => {
  const service = new FakeService();
  service.gate = new Promise(() => {});
  const peers = Array.from({ length: 1_024 }, (_, n) => ({ id: String(n), name: "" }));
  const { send } = series(service, ...peers);
  void (async () => {
    for (let n = 1; n <= 1_000; n++) await send(n);
  })();
  await until(() => sent(service).length >= 4);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(sent(service).map(({ count }) => count), [16, 16, 16, 16]);
});

Deno.test("large lines do not add up in memory", async () => {
  const service = new FakeService();
  let open = () => {};
  service.gate = new Promise<void>((resolve) => open = resolve);
  const { lines, send } = series(service, BOB);
  const all = (async () => {
    for (let n = 1; n <= 100; n++) await send(n, new Uint8Array(65_000));
    await lines.end();
  })();
  await until(() => sent(service).length >= 64);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(sent(service).length, 64);
  open();
  await all;
});

Deno.test("a line is sent before a wait for the next one, and its outcome is told when it comes", async () => {
  const { lines, send, taken } = series(new FakeService(), BOB);
  await send(1);
  lines.flush();
  await until(() => taken.length === 1);
});

Deno.test("a line that cannot be taken now is the one that is named", async () => {
  const service = new FakeService();
  const { lines, send, deferred } = series(service, BOB);
  service.answers.sendSeries = (documents, options) => {
    options.deferred?.(BOB, { code: "quota", why: "no room" }, 1);
    return documents.map(() => ({ results: [] }));
  };
  await send(1);
  await send(2);
  await lines.end();
  assertEquals(deferred, ["line 2: no room"]);
});

Deno.test("a recipient that does not acknowledge gets no further lines, the others do, and none is left in the end", async () => {
  const service = answering((to, n) =>
    to === CAROL.id && n === 2 ? { status: "unknown" } : n === 4 ? { status: "unreachable" } : {}
  );
  const { lines, send, state } = series(service, BOB, CAROL);
  for (let n = 1; n <= 4; n++) {
    assert(await send(n));
    await lines.end();
    assertEquals(state.over, n === 4);
  }
  assertEquals(await send(5), false);
  assertEquals(sent(service).map(({ to }) => to.length), [2, 2, 1, 1]);
  assertEquals(lines.exitCode, 1);
});

Deno.test("a refusal of one document ends nothing, a refusal of the sender does", async () => {
  const service = answering((_, n) => ({ status: "refused", code: n === 1 ? "too-large" : "refused" }));
  const { lines, send, taken } = series(service, BOB);
  assert(await send(1));
  await lines.end();
  assert(await send(2));
  await lines.end();
  assertEquals(await send(3), false);
  assertEquals([taken, lines.exitCode], [["1:refused", "2:refused"], 4]);
});

Deno.test("the withdrawal of a line ends nothing, and is no success", async () => {
  const service = answering((_, n) => n === 2 ? {} : { status: "unreachable", code: "withdrawn" });
  const { lines, send, taken } = series(service, BOB);
  for (let n = 1; n <= 3; n++) {
    assert(await send(n));
    await lines.end();
  }
  assertEquals([taken, lines.exitCode], [["1:unreachable", "2:delivered", "3:unreachable"], 1]);
});

Deno.test("an outbox that takes nothing more ends the series, and a fault of the program is not lost", async () => {
  const service = new FakeService();
  service.error = new UserError("The outbox is full.");
  const full = series(service, BOB);
  await full.send(1);
  await full.lines.end();
  assertEquals([await full.send(2), full.taken, full.lines.exitCode], [false, ["1:unreachable"], 1]);

  const faulty = new FakeService();
  faulty.error = new Error("a fault");
  const broken = series(faulty, BOB);
  await broken.send(1);
  const fault = await broken.lines.end().then(() => undefined, (error) => error.message);
  assertEquals(fault, "a fault");
});
