import { assert, assertEquals, assertFalse } from "@std/assert";
import { join } from "@std/path";
import { fileCost, lineCost } from "../../../../lib/storage/tables/usage.ts";
import type { ReceiveOutcome } from "../../../../lib/storage/types.ts";
import { aChat, aDocument, ALICE, Bench, BOB, messageId, peerId } from "../support.ts";

/** Name below the inbox that a document was placed under. */
function placed(bench: Bench, outcome: ReceiveOutcome): string {
  assert(outcome.saved && outcome.path, JSON.stringify(outcome));
  return outcome.path.slice(bench.inbox.length + 1).replaceAll("\\", "/");
}

Deno.test("a received document lies in its sender's folder, byte for byte", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const body = '{ "a" : "\\u00e9é" ,\r\n"b":[1,2]}\n';
  assertEquals(await storage.receive(aDocument(1, { body })), {
    saved: true,
    duplicate: false,
    name: "reading.json",
    path: join(bench.inbox, "alice", "reading.json"),
  });
  assertEquals(bench.files(), { "alice/reading.json": body });
});

Deno.test("a document that is part of a larger buffer is saved without its surroundings", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const record = new TextEncoder().encode("before[1,2]after");
  const received = storage.receive({ ...aDocument(1), body: record.subarray(6, 11) });
  record.fill(0);
  await received;
  assertEquals(bench.files(), { "alice/reading.json": "[1,2]" });
});

Deno.test("a thousand documents from five senders, interleaved, are all saved in their own folders", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const senders = ["a", "b", "c", "d", "e"];
  const outcomes = await Promise.all(Array.from({ length: 1000 }, (_, i) => {
    const letter = senders[i % 5]!;
    const seq = Math.floor(i / 5) + 1;
    return storage.receive(
      aDocument(seq, { sender: peerId(letter), senderName: `peer ${letter}`, body: `["${letter}",${seq}]` }),
    );
  }));
  assert(outcomes.every((outcome) => outcome.saved && !outcome.duplicate));
  const files = bench.files();
  assertEquals(Object.keys(files).length, 1000);
  for (const [i, outcome] of outcomes.entries()) {
    assertEquals(files[placed(bench, outcome)], `["${senders[i % 5]}",${Math.floor(i / 5) + 1}]`);
    assert(placed(bench, outcome).startsWith(`peer ${senders[i % 5]}/`));
  }
});

Deno.test("a document that comes twice is saved once", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aDocument(1));
  const path = join(bench.inbox, "alice", "reading.json");
  const again = { saved: true, duplicate: true, name: "reading.json", path } as const;
  assertEquals(await storage.receive(aDocument(1)), again);
  assertEquals(await storage.receive(aDocument(1, { name: "other.json", turn: 9 })), again);
  const both = [aDocument(3), aDocument(3)].map((item) => storage.receive(item));
  assertEquals((await Promise.all(both)).map((outcome) => outcome.saved && outcome.duplicate), [false, true]);
  assertEquals(
    await storage.receive(aDocument(3, { sender: BOB, senderName: "bob" })).then((o) => o.saved),
    true,
  );
  assertEquals(Object.keys(bench.files()).sort(), [
    "alice/reading-2.json",
    "alice/reading.json",
    "bob/reading.json",
  ]);
});

Deno.test("another message under an id that was used is refused, and holds back nothing", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aChat(9));
  for (const item of [aChat(9, { text: "hello 8" }), aDocument(9, { body: '"text 9"' })]) {
    const outcome = await storage.receive(item);
    assertEquals(outcome.saved || outcome.code, "refused", item.kind);
  }
  await storage.receive(aDocument(1, { stream: "s" }));
  const other = await storage.receive(aDocument(2, { id: messageId(1), stream: "s" }));
  assertEquals(other.saved || other.code, "refused");
  assertEquals((await storage.receive(aDocument(3, { stream: "s" }))).saved, true);
});

Deno.test("a chat is not taken for a document with its id and its bytes, nor the reverse", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const [chat, document] = [aChat(1, { text: "[1]" }), aDocument(1, { body: "[1]" })];
  for (
    const [first, second] of [[chat, document], [{ ...document, id: messageId(2) }, {
      ...chat,
      id: messageId(2),
    }]]
  ) {
    assertEquals((await storage.receive(first!)).saved, true);
    const outcome = await storage.receive(second!);
    assertEquals(outcome.saved || outcome.code, "refused", second!.kind);
  }
});

Deno.test("what was saved before a restart is not saved again after it", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await first.receive(aDocument(1));
  await first.receive(aChat(2));
  await first.close();
  const storage = await bench.open();
  for (const item of [aDocument(1), aChat(2)]) {
    const outcome = await storage.receive(item);
    assert(outcome.saved && outcome.duplicate);
  }
  assertEquals(Object.keys(bench.files()), ["alice/reading.json"]);
  assertEquals(bench.received().length, 2);
});

Deno.test("documents of the same name stand side by side, also where only some file systems tell them apart", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const names = ["a.json", "A.JSON", "a.json", "a-2.json", "é.json", "e\u0301.json"];
  const outcomes = [];
  for (const [i, name] of names.entries()) outcomes.push(await storage.receive(aDocument(i + 1, { name })));
  assertEquals(outcomes.map((outcome) => placed(bench, outcome)), [
    "alice/a.json",
    "alice/A-2.JSON",
    "alice/a-3.json",
    "alice/a-2-2.json",
    "alice/é.json",
    "alice/é-2.json",
  ]);
});

Deno.test("the next free number is found again after a restart", async () => {
  await using bench = new Bench();
  const first = await bench.open();
  await Promise.all(Array.from({ length: 100 }, (_, i) => first.receive(aDocument(i + 1))));
  await first.close();
  const storage = await bench.open();
  assertEquals(placed(bench, await storage.receive(aDocument(101))), "alice/reading-101.json");
});

Deno.test("no existing file is overwritten, and the document goes beside it", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  Deno.mkdirSync(join(bench.inbox, "alice"), { recursive: true });
  bench.write("alice/reading.json", "the owner's");
  bench.write("alice/reading-2.json", "");
  Deno.mkdirSync(join(bench.inbox, "alice/reading-3.json"));
  if (Deno.build.os !== "windows") Deno.symlinkSync("/nowhere", join(bench.inbox, "alice/reading-4.json"));
  else bench.write("alice/reading-4.json", "");
  assertEquals(placed(bench, await storage.receive(aDocument(1))), "alice/reading-5.json");
  assertEquals(placed(bench, await storage.receive(aDocument(2))), "alice/reading-6.json");
  assertEquals(bench.read("alice/reading.json"), "the owner's");
  assertEquals(bench.read("alice/reading-5.json"), '{"seq":1}');
  assertEquals(bench.received()[0]!.path, join(bench.inbox, "alice", "reading-6.json"));
});

Deno.test("no name from the network leaves the sender's folder", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const tricks = [
    "../bob/x.json",
    "../../x.json",
    "/x.json",
    "C:\\x.json",
    "..",
    ".",
    "",
    "a/../../b.json",
    "x\0.json",
    "a.json:stream",
    "..\u2215x.json",
    "\u202e..",
    "aux.json",
    ".earshot-00000000-0.tmp",
    "x".repeat(400) + ".json",
  ];
  await Promise.all(tricks.map((name, i) => storage.receive(aDocument(i + 1, { name }))));
  await Promise.all(tricks.map((name, i) => storage.receive(aDocument(i + 50, { stream: name }))));
  await Promise.all(
    tricks.map((senderName, i) =>
      storage.receive(aDocument(i + 1, { sender: peerId(`${i}`[0]!), senderName }))
    ),
  );
  for (const { name } of Deno.readDirSync(bench.root)) assert(["inbox", "state"].includes(name), name);
  const paths = Object.keys(bench.files());
  assertEquals(paths.length, 3 * tricks.length);
  assert(paths.every((path) => path.split("/").length === 2 && !/(^|\/)\./.test(path)));
  assertEquals(paths.filter((path) => path.startsWith("alice/")).length, 2 * tricks.length);
});

Deno.test("a label belongs to the first id that used it, and nobody else writes into its folder", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const folderOf = async (seq: number, sender: string, senderName: string) =>
    placed(bench, await storage.receive(aDocument(seq, { sender, senderName }))).split("/")[0];
  assertEquals(await folderOf(1, ALICE, "Lab"), "Lab");
  assertEquals(await folderOf(1, BOB, "lab"), `lab-${BOB.slice(0, 12)}`);
  assertEquals(await folderOf(2, ALICE, "Home"), "Home");
  assertEquals(await folderOf(3, ALICE, "LAB"), "Lab");
  assertEquals(await folderOf(2, BOB, "Lab"), `lab-${BOB.slice(0, 12)}`);
  assertEquals(
    await folderOf(1, peerId("c"), `lab-${BOB.slice(0, 12)}`),
    `lab-${BOB.slice(0, 12)}-${"c".repeat(12)}`,
  );
  assertEquals(await folderOf(1, peerId("d"), "a/b"), "a_b");
  assertEquals(await folderOf(1, peerId("e"), "a:b"), `a_b-${"e".repeat(12)}`);
  await storage.close();
  const again = await bench.open();
  const outcome = await again.receive(aDocument(4, { sender: ALICE, senderName: "Lab" }));
  assert(placed(bench, outcome).startsWith("Lab/"));
});

Deno.test(
  "a sender's folder may be a link that the owner made",
  { ignore: Deno.build.os === "windows" },
  async () => {
    await using bench = new Bench();
    const elsewhere = join(bench.root, "elsewhere");
    Deno.mkdirSync(elsewhere);
    Deno.mkdirSync(bench.inbox);
    Deno.symlinkSync(elsewhere, join(bench.inbox, "alice"));
    const storage = await bench.open();
    await storage.receive(aDocument(1));
    assertEquals(Deno.readTextFileSync(join(elsewhere, "reading.json")), '{"seq":1}');
  },
);

Deno.test("a document over the quota is refused with its limit, what was saved before is not", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: 2 * fileCost(9) });
  assert((await storage.receive(aDocument(1))).saved);
  assert((await storage.receive(aDocument(2))).saved);
  const refused = await storage.receive(aDocument(3));
  assert(!refused.saved);
  assertEquals(refused.code, "quota");
  assert(refused.why.includes("8.5 kiB"), refused.why);
  assert((await storage.receive(aDocument(1))).saved, "it was taken before");
  assert((await storage.receive(aChat(5))).saved);
  assertEquals(bench.warnings.length, 1);
});

Deno.test("room that the owner makes in a full inbox is used", async () => {
  await using bench = new Bench();
  const storage = await bench.open({ quota: fileCost(9) + lineCost(9) });
  await storage.receive(aDocument(1));
  await storage.receive(aDocument(2, { stream: "log" }));
  assertFalse((await storage.receive(aDocument(3))).saved);
  await storage.sync();
  Deno.removeSync(join(bench.inbox, "alice/reading.json"));
  assertFalse((await storage.receive(aDocument(3))).saved);
  await storage.sync();
  assert((await storage.receive(aDocument(3))).saved);
  assertFalse((await storage.receive(aDocument(4))).saved);
  assertEquals(bench.received().length, 3);
});

Deno.test("history tells the newest messages first, as they were received", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  await storage.receive(aChat(1, { to: "you", text: "höi" }));
  await bench.clock.advance(1000);
  await storage.receive(aDocument(2, { name: "a/b.json", senderName: "Alice" }));
  const at = bench.clock.wall();
  const received = { direction: "received", kept: "database" } as const;
  assertEquals(bench.received(), [
    {
      ...received,
      row: 2,
      id: messageId(2),
      peer: { id: ALICE, name: "Alice" },
      kind: "document",
      name: "a_b.json",
      size: 9,
      at,
      path: join(bench.inbox, "Alice", "a_b.json"),
    },
    {
      ...received,
      row: 1,
      id: messageId(1),
      peer: { id: ALICE, name: "alice" },
      kind: "chat",
      to: "you",
      name: "",
      size: 4,
      at: at - 1000,
      text: "höi",
    },
  ]);
});

Deno.test("a new inbox folder is for its owner alone; one that was there stays as it is", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const mode = (path: string) => Deno.statSync(join(bench.inbox, path)).mode! & 0o777;
  await storage.receive(aDocument(1));
  await storage.receive(aDocument(1, { sender: BOB, senderName: "bob", stream: "log" }));
  assertEquals([mode(""), mode("alice"), mode("bob")], [0o700, 0o700, 0o700]);
  Deno.chmodSync(join(bench.inbox, "alice"), 0o755);
  await storage.receive(aDocument(2));
  assertEquals(mode("alice"), 0o755);
});
