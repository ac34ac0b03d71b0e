import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { ExitCode, Peer, UserError } from "../../../lib/mod.ts";
import { checkedPieces } from "../../../lib/peer/argument_checks.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";
import { patient } from "../../support/patience.ts";

const SOMEBODY = "a".repeat(24);

/** What a call that a program written without types could make is answered with. */
async function refusal(call: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(call, UserError);
  assertEquals(error.exitCode, ExitCode.usage, error.message);
  return error.message;
}

Deno.test("what was handed over is what is sent, whatever becomes of the buffer afterwards", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = [await peers.start("alice"), await peers.start("bob")];
  await peers.event(a, "peer", (event) => event.id === b.id);
  const sent: Promise<unknown>[] = [];
  const small = Buffer.alloc(7);
  for (let i = 0; i < 5; i++) {
    small.write(`[ ${i} ]  `);
    sent.push(a.send(small, { to: [b.id], name: `small${i}.json` }));
  }
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set(json([7]));
  sent.push(a.send(shared, { to: [b.id], name: "shared.json" }));
  shared.set(json([8]));
  const large = new Uint8Array(700_000);
  const fill = (digit: number) => large.fill(0x30 + digit).set([0x22], 0) ?? large.set([0x22], 699_999);
  for (let i = 0; i < 3; i++) {
    fill(i);
    sent.push(a.send(large, { to: [b.id], name: `large${i}.json` }));
  }
  large.fill(0);
  small.fill(0);
  const statuses = (await Promise.all(sent)).map((results) => (results as { status: string }[])[0]?.status);
  assertEquals(statuses, Array(9).fill("delivered"));
  const read = (name: string) => Deno.readTextFileSync(`${b.inbox}/alice/${name}`);
  for (let i = 0; i < 5; i++) assertEquals(read(`small${i}.json`), `[ ${i} ]  `);
  assertEquals(read("shared.json"), "[7]");
  for (let i = 0; i < 3; i++) assertEquals(read(`large${i}.json`), `"${`${i}`.repeat(699_998)}"`);
});

Deno.test("a document that is none gets an error that says what is expected", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const send = (document: unknown) => refusal(() => a.send(document as Uint8Array, { to: [SOMEBODY] }));
  const cases: [unknown, string][] = [
    ['{"t":1}', "not a string: new TextEncoder().encode(text)"],
    [{ t: 1 }, "not an object: new TextEncoder().encode(JSON.stringify(value))"],
    [[1, 2], "not an array: new TextEncoder().encode(JSON.stringify(value))"],
    [new ArrayBuffer(2), "not an ArrayBuffer: new Uint8Array(buffer)"],
    [new SharedArrayBuffer(2), "not a SharedArrayBuffer: new Uint8Array(buffer)"],
    [new Uint16Array(2), "not a Uint16Array: new Uint8Array("],
    [new DataView(new ArrayBuffer(2)), "not a DataView: new Uint8Array("],
    [new Blob(["[]"]), "not a Blob: blob.stream()"],
    [5, "not 5"],
    [null, "not null"],
    [undefined, "not undefined"],
    [Promise.resolve(json(1)), "not a Promise: await it"],
    [{ spool: "../../etc/passwd", size: 70_000, sha256: "0".repeat(64) }, "not an object"],
    [{ spool: "0".repeat(26), size: -1, sha256: "0".repeat(64) }, "not an object"],
  ];
  for (const [document, expected] of cases) {
    const message = await send(document);
    assertStringIncludes(message, "expected a Uint8Array");
    assertStringIncludes(message, expected);
  }
  const pieces = async function* (...pieces: unknown[]) {
    for (const piece of pieces) yield await Promise.resolve(piece as Uint8Array);
  };
  assertStringIncludes(await send(pieces(json("x"), "text")), "a piece must be a Uint8Array, not a string");
  assertEquals([...Deno.readDirSync(`${a.state}/spool`)], []);
});

Deno.test("wrong options of a message get an error that says what is expected, before anything is queued", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const cases: [unknown, string][] = [
    [undefined, "the options must be an object with `to`, not undefined"],
    [SOMEBODY, 'the options must be an object with `to`, not "' + SOMEBODY],
    [{}, "`to` must be an array of peer ids, not undefined"],
    [{ to: SOMEBODY }, '`to` must be an array of peer ids, not "' + SOMEBODY],
    [{ to: ["bob"] }, '`to` must be an array of peer ids, and "bob" is none: resolve("bob", 5_000) finds it'],
    [{ to: [{ id: SOMEBODY, name: "bob" }] }, "`to` must be an array of peer ids, and an object is none"],
    [{ to: [SOMEBODY.toUpperCase()] }, "is none"],
    [
      { to: [SOMEBODY], timeout: "5" },
      '`timeout` must be a number of milliseconds, 0 to 2147483647, not "5"',
    ],
    [{ to: [SOMEBODY], timeout: NaN }, "not NaN"],
    [{ to: [SOMEBODY], timeout: -1 }, "not -1"],
    [{ to: [SOMEBODY], timeout: Infinity }, "not Infinity"],
    [{ to: [SOMEBODY], id: 5 }, "`id` must be a message id"],
    [{ to: [SOMEBODY], id: "5" }, "`id` must be a message id"],
    [{ to: [SOMEBODY], queue: "yes" }, '`queue` must be true or false, not "yes"'],
    [{ to: [SOMEBODY], name: 5 }, "`name` must be a text, not 5"],
    [{ to: [SOMEBODY], name: "" }, "`name` is empty"],
    [{ to: [SOMEBODY], name: "a\nb" }, "`name` has control characters"],
    [{ to: [SOMEBODY], name: "\ud800" }, "`name` is not well-formed text"],
    [{ to: [SOMEBODY], name: "報".repeat(43) }, "`name` has 129 bytes, and 128 are the most"],
    [{ to: [SOMEBODY], stream: {} }, "`stream` must be a text, not an object"],
    [{ to: [SOMEBODY], stream: "x".repeat(129) }, "`stream` has 129 bytes, and 128 are the most"],
    [{ to: [SOMEBODY], progress: true }, "`progress` must be a function, not true"],
    [{ to: [SOMEBODY], deferred: "log" }, '`deferred` must be a function, not "log"'],
  ];
  for (const [options, expected] of cases) {
    const message = await refusal(() => a.send(json(1), options as { to: string[] }));
    assertStringIncludes(message, expected);
  }
  assertEquals(await a.send(json(1), { to: [], name: undefined, timeout: undefined }), []);
});

Deno.test("what is said has to be text, to ids", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const say = (text: unknown, options?: unknown) =>
    refusal(() => a.say(text as string, options as { to: string[] }));
  assertStringIncludes(await say(5), "the text must be a text, not 5");
  assertStringIncludes(await say(json("hi")), "not a Uint8Array");
  assertStringIncludes(await say("\udc00"), "the text is not well-formed");
  assertStringIncludes(await say("hi", { to: ["bob"] }), '"bob" is none');
  assertStringIncludes(await say("hi", ["bob"]), "the options must be an object");
  assertStringIncludes(await say("hi", { timeout: "1" }), "`timeout` must be");
});

Deno.test("the other calls say what they expect as well", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  // deno-lint-ignore no-explicit-any
  const untyped = a as any;
  assertStringIncludes(
    await refusal(() => untyped.resolve(undefined, 5)),
    "`target` must be a text, not undefined",
  );
  assertStringIncludes(await refusal(() => untyped.resolve("", 5)), "`target` is empty");
  assertStringIncludes(
    await refusal(() => untyped.resolve("bob")),
    "`timeoutMs` must be a number of milliseconds",
  );
  assertStringIncludes(
    await refusal(() => untyped.everyone("1")),
    "`waitMs` must be a number of milliseconds",
  );
  for (const call of ["trust", "forget", "block"]) {
    assertStringIncludes(await refusal(() => untyped[call](5)), "`target` must be a text, not 5");
  }
  assertStringIncludes(
    await refusal(() => untyped.met("bob")),
    "`peer` must be an object with `id` and `name`",
  );
  assertStringIncludes(await refusal(() => untyped.met({ id: "bob", name: "bob" })), "`peer` must be");
  const error = assertThrows(() => untyped.on("chat"), UserError);
  assertStringIncludes(error.message, '`listener` must be a function, not "chat"');
});

Deno.test("a peer is not started with an option of the wrong kind", async () => {
  const cases: [unknown, string][] = [
    ["bob", 'the options must be an object, not "bob"'],
    [null, "the options must be an object, not null"],
    [{ name: 5 }, "`name` must be a text, not 5"],
    [{ profile: {} }, "`profile` must be a text, not an object"],
    [{ group: 5 }, "`group` must be a text, not 5"],
    [{ joinCode: 5 }, "`joinCode` must be a text, not 5"],
    [{ port: "3333" }, '`port` must be a whole number, 0 to 65535, not "3333"'],
    [{ port: 70_000 }, "`port` must be a whole number, 0 to 65535, not 70000"],
    [{ interfaces: "lo" }, '`interfaces` must be an array of texts, not "lo"'],
    [{ interfaces: [1] }, "`interfaces` must be an array of texts, not an array"],
    [{ inbox: "" }, "`inbox` is empty"],
    [{ state: 5 }, "`state` must be a text, not 5"],
    [{ accept: "all" }, '`accept` must be "everyone" or "known", not "all"'],
    [{ maxSize: "1MiB" }, '`maxSize` must be a number of bytes, 1 to 4294967295, not "1MiB"'],
    [{ maxSize: 0 }, "`maxSize` must be"],
    [{ quota: NaN }, "`quota` must be a number of bytes, at least 0, not NaN"],
    [{ keepDays: -1 }, "`keepDays` must be a number of days, at least 0 and at most 36500 days, not -1"],
    [{ keepSize: "x" }, "`keepSize` must be a number of bytes"],
    [{ outboxDays: 0 }, "`outboxDays` must be a number of days, over 0 and at most 36500 days, not 0"],
    [{ brief: 1 }, "`brief` must be true or false, not 1"],
    [{ onEvent: {} }, "`onEvent` must be a function, not an object"],
  ];
  for (const [options, expected] of cases) {
    assertStringIncludes(await refusal(() => Peer.start(options as { name: string })), expected);
  }
});

Deno.test("pieces that a program puts into one and the same memory are taken as they were handed over", async () => {
  const memory = new Uint8Array(3);
  const reused = async function* () {
    for (const value of [1, 2, 3]) yield await memory.fill(value);
  };
  const taken = await Array.fromAsync(checkedPieces(reused()));
  assertEquals(taken.map((piece) => [...piece]), [[1, 1, 1], [2, 2, 2], [3, 3, 3]]);
});

Deno.test("of the stream of a file, each piece stays until the one after the next is asked for, and no byte is missing", async () => {
  const path = await Deno.makeTempFile();
  try {
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);
    await Deno.writeFile(path, bytes);
    const whole = createHash("sha256");
    const pieces = checkedPieces((await Deno.open(path)).readable);
    let before: Uint8Array | undefined;
    let next = await pieces.next();
    for (; !next.done; next = await pieces.next()) {
      if (before) whole.update(before);
      before = next.value;
    }
    assertEquals(whole.update(before!).digest("hex"), createHash("sha256").update(bytes).digest("hex"));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a stream of bytes ends where its source closes it, whether or not that asks for our memory", async () => {
  const text = new TextEncoder().encode("[1,2]");
  for (const filled of ["own", "ours"]) {
    let count = 0;
    const stream = new ReadableStream({
      type: "bytes",
      pull(controller) {
        if (count++ === 2) {
          controller.close();
          if (filled === "ours") controller.byobRequest!.respond(0);
        } else if (filled === "own") controller.enqueue(text.slice());
        else {
          new Uint8Array(controller.byobRequest!.view!.buffer).set(text);
          controller.byobRequest!.respond(text.length);
        }
      },
    });
    const pieces = await patient(Array.fromAsync(checkedPieces(stream)), () => "the end");
    assertEquals(pieces.map((piece) => [...piece]), [[...text], [...text]], filled);
    assertEquals(stream.locked, false);
  }
});

Deno.test("a stream of bytes that is not read to its end is cancelled, with and without memory of ours", async () => {
  for (const type of ["bytes", undefined] as const) {
    let cancelled = false;
    const source = {
      pull: (controller: ReadableStreamController<Uint8Array<ArrayBuffer>>) =>
        controller.enqueue(new Uint8Array(8) as never),
      cancel: () => void (cancelled = true),
    };
    const stream = new ReadableStream({ ...source, type } as UnderlyingSource<Uint8Array>);
    for await (const piece of checkedPieces(stream)) {
      assertEquals(piece.length, 8);
      break;
    }
    assertEquals(cancelled, true);
  }
});
