import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { readingText as onTerminal } from "../../../../lib/cli/terminal/reading_text.ts";
import { pathWith, tokenIn } from "../../../../lib/gateways/web/page/api.js";
import { askedOf, questionFault } from "../../../../lib/gateways/web/page/asks.js";
import { findingsOf, sumUp, worstFirst } from "../../../../lib/gateways/web/page/findings.js";
import { nameClass, periodText, sizeText, timeText } from "../../../../lib/gateways/web/page/format.js";
import { readLines } from "../../../../lib/gateways/web/page/lines.js";
import { takeTurn } from "../../../../lib/gateways/web/page/notify.js";
import { found, sinceText, stateText } from "../../../../lib/gateways/web/page/peer_words.js";
import { LONG, readingText } from "../../../../lib/gateways/web/page/reading.js";
import { latestOf, wantedOf } from "../../../../lib/gateways/web/page/readings.js";
import { merged, withVisitors } from "../../../../lib/gateways/web/page/roster.js";
import { hashOf, routeOf } from "../../../../lib/gateways/web/page/router.js";
import { Store, store } from "../../../../lib/gateways/web/page/store.js";
import { periodText as periodOnTerminal } from "../../../../lib/platform/periods.ts";

Deno.test("the store calls listeners of what changed, once for each change, and nobody else", () => {
  const own = new Store(store.get());
  const calls: string[] = [];
  own.subscribe(["peers"], () => calls.push("peers"));
  const end = own.subscribe(["peers", "unread"], () => calls.push("both"));
  own.set({ unread: { all: 1 } });
  own.set({ unread: own.get().unread });
  own.set({ peers: [], unread: {} });
  end();
  own.set({ unread: {} });
  assertEquals(calls, ["both", "peers", "both"]);
});

Deno.test("the token leaves the address, with the view that may come after it", () => {
  assertEquals(tokenIn("#token=abc-DEF_1234"), { token: "abc-DEF_1234", hash: "#/talk" });
  assertEquals(tokenIn("#token=abcdefgh&/peers/x"), { token: "abcdefgh", hash: "#/peers/x" });
  for (const hash of ["", "#/talk", "#token=", "#token=a b c d e f g h", "#x&token=abcdefgh"]) {
    assertEquals(tokenIn(hash), undefined, hash);
  }
});

Deno.test("parameters of requests cannot leave their places", () => {
  const path = pathWith("/api/messages", {
    search: "a&b=c#d",
    to: ["x", "y"],
    sent: true,
    no: false,
    none: undefined,
    at: 0,
  });
  assertEquals(path, "/api/messages?search=a%26b%3Dc%23d&to=x&to=y&sent=1&at=0");
});

Deno.test("addresses of views are read as they were made; anything else leads to the talk", () => {
  const hash = hashOf("documents", ["a/b", "c?d"], { search: "x&y", none: undefined });
  assertEquals(routeOf(hash), { view: "documents", parts: ["a/b", "c?d"], params: { search: "x&y" } });
  for (const other of ["", "#", "#/none", "#/%E0%A4%A", "#token=x"]) {
    assertEquals(routeOf(other).view, "talk", other);
  }
});

Deno.test("lines are found however a stream is cut, and one that is no JSON stops nothing", async () => {
  const bytes = new TextEncoder().encode('{"a":"ü€"}\n\nnot json\n{"b":1}\n{"c":2}');
  for (const size of [1, 2, 3, 7, 100]) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, at) => bytes.slice(at * size, at * size + size),
    );
    const values: unknown[] = [];
    await readLines(ReadableStream.from(pieces), (value: unknown) => values.push(value));
    assertEquals(values, [{ a: "ü€" }, { b: 1 }, { c: 2 }], `pieces of ${size}`);
  }
});

Deno.test("a listener that throws ends the reading, and lets the connection go", async () => {
  let isCancelled = false;
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("1\n")),
    cancel: () => void (isCancelled = true),
  });
  await readLines(stream, () => {
    throw new Error("enough");
  }).catch(() => {});
  assert(isCancelled);
});

const READINGS = [
  { celsius: 21.456, humidity: 44, rssi: -61 },
  { temp_c: 0.012345, a: "text\nwith lines", long: "x".repeat(100), free_heap: 182_344, uptime: 77 },
  { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 },
  { t1_celsius: 1, t2_celsius: 2, list: [1, 2], nothing: null },
  { t: 1_795_980_617, celsius: 21.5 },
  { ts: "2026-11-29", t: 21.5 },
  { celsius: 21, battery: { volts: 4.1 }, axes: [{ g: 0.1 }, { g: 9.80665 }], tags: ["a", 1.23456] },
  { greenhouse: { southern: { soil_moisture: 41, deep: { er: { still: { x: 1 } } } } }, none: {} },
  { unit: "x".repeat(30), in: { celsius: 1 }, out: { celsius: 2 }, ["y".repeat(40)]: { a: 1 } },
  [1, 2, 3],
  {},
  "text",
  12.5,
];

Deno.test("a reading, a period and a size are said as on the terminal", () => {
  for (const reading of READINGS) {
    const json = JSON.stringify(reading);
    assertEquals(readingText(json), onTerminal(json));
  }
  assertEquals(readingText("{broken"), onTerminal("{broken"));
  const eight = JSON.stringify(Object.fromEntries([..."abcdefgh"].map((name) => [name, "x".repeat(30)])));
  assertEquals(readingText(eight, LONG).match(/x{30}/g)?.length, 8);
  for (const period of [0, 89_000, 91_000, 3_600_000, 100 * 3_600_000]) {
    assertEquals(periodText(period), periodOnTerminal(period));
  }
  assertEquals(sizeText(1_536), "1.5 kiB");
});

// deno-lint-ignore no-explicit-any
function peer(id: string, more = {}): any {
  return {
    id,
    name: id,
    kind: "linux",
    address: "10.0.0.1:3333",
    state: "up",
    lastSeen: 0,
    known: false,
    ...more,
  };
}

Deno.test("a peer has its time since it came into its state, and its reading stays over looks", () => {
  const first = merged([peer("a")], [], undefined);
  assertEquals(first[0]!.since, undefined, "it was there before the page");
  const withReading = [{ ...first[0]!, reading: { row: 1, stream: "s", text: "1 °C", whole: "" } }];
  const second = merged([peer("a", { state: "gone" }), peer("b")], withReading, 50);
  assertEquals(second.map(({ since }) => since), [50, 50]);
  assertEquals(second[0]!.reading?.text, "1 °C");
  assertEquals(merged([peer("a", { state: "gone" })], second, 90)[0]!.since, 50);
});

Deno.test("senders without a key are listed once each, latest first, and bounded", () => {
  const visitor = (id: string, lastSeen: number) => ({ id, name: id, lastSeen });
  const all = withVisitors([visitor("x", 1), visitor("y", 2)], [visitor("x", 3)]);
  assertEquals(all, [visitor("x", 3), visitor("y", 2)]);
  assertEquals(withVisitors([], Array.from({ length: 500 }, (_, at) => visitor(`${at}`, at))).length, 50);
});

Deno.test("peers are found by name, id, kind and address in any case; a state is said with its reason", () => {
  const peers = [
    peer("aaa", { name: "Greenhouse" }),
    peer("bbb", { kind: "esp32" }),
    peer("ccc", { address: "10.9.9.9" }),
  ];
  const ids = (text: string) => found(peers, text).map(({ id }) => id);
  assertEquals([ids("GREEN"), ids("esp"), ids("9.9"), ids("BB"), ids(" ").length], [
    ["aaa"],
    ["bbb"],
    ["ccc"],
    ["bbb"],
    3,
  ]);
  assertEquals(stateText(peer("a", { state: "unreachable", why: "refused." })), "unreachable: refused");
  assertEquals(stateText(peer("a", { state: "gone" }), 120_000), "gone, heard 2 min ago");
  const now = Date.now();
  assertEquals(sinceText({}, now), `before ${timeText(now)}`);
  assertEquals(sinceText({ since: now }), timeText(now));
});

Deno.test("a name has one of the eight colours that the style has, by its id", () => {
  const style = Deno.readTextFileSync(
    new URL("../../../../lib/gateways/web/page/style.css", import.meta.url),
  );
  const classes = new Set(Array.from({ length: 500 }, (_, at) => nameClass(`id ${at}`)));
  assertEquals(classes.size, 8);
  for (const name of classes) assert(style.includes(`.${name} {`), name);
  assertStrictEquals(nameClass("abc"), nameClass("abc"));
});

Deno.test("the latest document of a stream is the reading of a peer", () => {
  // deno-lint-ignore no-explicit-any
  const document = (row: number, id: string, more = {}): any => ({
    direction: "received",
    row,
    peer: { id },
    ...more,
  });
  const latest = latestOf([
    document(9, "a"),
    document(8, "a", { stream: "s" }),
    document(7, "a", { stream: "t" }),
    document(6, "b", { stream: "s", direction: "sent" }),
  ]);
  assertEquals([...latest].map(([id, { row }]) => [id, row]), [["a", 8]]);
});

Deno.test("a reading is read once for each peer that is here, also for one that comes after its document", () => {
  // deno-lint-ignore no-explicit-any
  const document = (row: number, id: string, more = {}): any => ({
    ...{ direction: "received", row, peer: { id }, stream: "s", size: 9, kept: "database" },
    ...more,
  });
  const messages = [
    document(9, "a"),
    document(8, "b"),
    document(7, "c", { kept: "nothing" }),
    document(6, "d"),
  ];
  const reading = { row: 9, stream: "s", text: "1 °C" };
  const peers = [peer("a", { reading }), peer("c"), peer("d")];
  assertEquals(wantedOf(messages, peers).map(({ row }) => row), [6]);
  assertEquals(wantedOf(messages, [...peers, peer("b")]).map(({ row }) => row), [6, 8]);
});

Deno.test("whoever floods the talk does not flood the screen with notifications", () => {
  const shown = Array.from({ length: 100 }, (_, at) => takeTurn(1_000 + at)).filter((isFree) => isFree);
  assertEquals(shown.length, 5);
  assert(takeTurn(12_000), "a while later they are shown again");
});

Deno.test("a question is refused before it is sent, with the place of its fault", () => {
  assertEquals(questionFault('{"cmd": "info"}'), undefined);
  assertEquals(questionFault('{"a": 1,\n "b" 2}'), { text: "Not JSON at line 2, column 6.", at: 14 });
  assert(questionFault(JSON.stringify("x".repeat(65_000)))?.text.includes("65,000 bytes"));
});

Deno.test("what was asked before stands with the answers to it", () => {
  // deno-lint-ignore no-explicit-any
  const message = (id: string, more = {}): any => ({
    id,
    at: 1,
    row: 1,
    name: "ask.json",
    peer: { id: "a" },
    ...more,
  });
  const sent = [
    message("Q1"),
    message("Q1", { peer: { id: "b" } }),
    message("Q2", { at: 2 }),
    message("D", { name: "x.json" }),
  ];
  const asked = askedOf(sent, [message("A", { re: "Q1" }), message("B", { re: "gone" })]);
  assertEquals(asked.map(({ id, sent, answers }) => [id, sent.length, answers.length]), [["Q2", 1, 0], [
    "Q1",
    2,
    1,
  ]]);
});

Deno.test("findings stand with the worst first, summed up as by the doctor; what is none is left out", () => {
  const finding = (check: string, status: string) => ({ check, status, saw: "It." });
  const all = [finding("a", "pass"), finding("b", "warning"), finding("c", "fault"), finding("d", "unknown")];
  const found = findingsOf({ findings: [...all, null, 1, { check: "x" }, finding("e", "odd")] });
  assertEquals(worstFirst(found).map(({ check }) => check).join(""), "cbda");
  assertEquals(sumUp(found), "Found: 1 fault, 1 warning.");
  assertEquals(findingsOf("nothing"), []);
});
