import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { ProtocolError } from "../../../../lib/protocol/protocol_error.ts";
import { Spool } from "../../../../lib/storage/files/spool.ts";
import { lacks } from "../../../support/require.ts";
import { SmallDisk } from "../../../support/small_disk.ts";
import { Bench, BOB, messageId } from "../support.ts";

const HOUR = 3_600_000;

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await new TextEncoder().encode(text);
}

function inFolder(test: (spool: Spool, folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const state = await Deno.makeTempDir({ prefix: "earshot-spool-" });
    try {
      await test(new Spool(state), join(state, "spool"));
    } finally {
      await Deno.remove(state, { recursive: true });
    }
  };
}

const files = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test(
  "a copy has the bytes that were handed in, their size and hash, and can be read from anywhere",
  inFolder(async (spool, folder) => {
    const spooled = await spool.add(pieces('{"a"', ": [1,", " 2]}"));
    const text = '{"a": [1, 2]}';
    assertEquals(spooled.size, text.length);
    assertEquals(spooled.sha256, createHash("sha256").update(text).digest("hex"));
    assertEquals(Deno.readTextFileSync(join(folder, spooled.spool)), text);
    assertEquals(Deno.statSync(join(folder, spooled.spool)).mode! & 0o777, 0o600);
    const reader = await spool.open(spooled);
    assertEquals(new TextDecoder().decode(await reader.read(5, 4)), " [1,".slice(0, 4));
    assertEquals((await reader.read(text.length, 4)).length, 0);
    const spare = new Uint8Array(8);
    const read = await reader.read(5, 4, spare);
    assertEquals([new TextDecoder().decode(read), read.buffer === spare.buffer], [" [1,", true]);
    assertEquals(
      new TextDecoder().decode(await reader.read(0, 9, spare)),
      text.slice(0, 9),
      "it is too small",
    );
    reader.close();
    assertEquals(new TextDecoder().decode(await spool.take(spooled)), text);
    assertEquals(files(folder), []);
  }),
);

Deno.test(
  "a copy has every byte though its pieces come in turn from two places, and it is synced while it is written",
  inFolder(async (spool, folder) => {
    const places = [new Uint8Array(1024 * 1024), new Uint8Array(1024 * 1024)];
    const hash = createHash("sha256");
    const count = 20;
    const inTurn = async function* () {
      for (let n = 0; n < count; n++) {
        const piece = places[n % 2]!.fill(97 + n);
        if (n === 0) piece[0] = 0x22;
        if (n === count - 1) piece[piece.length - 1] = 0x22;
        hash.update(piece);
        yield await piece;
      }
    };
    const spooled = await spool.add(inTurn());
    const copy = Deno.readFileSync(join(folder, spooled.spool));
    assertEquals([spooled.size, copy.length], [20 * 1024 * 1024, 20 * 1024 * 1024]);
    const expected = hash.digest("hex");
    assertEquals([spooled.sha256, createHash("sha256").update(copy).digest("hex")], [expected, expected]);
  }),
);

Deno.test(
  "a copy of which a part could not be made durable is none, even if all later syncs succeed",
  inFolder(async (spool, folder) => {
    const { syncData } = Deno.FsFile.prototype;
    let syncs = 0;
    Deno.FsFile.prototype.syncData = () =>
      syncs++ === 0 ? Promise.reject(new Error("Input/output error (os error 5)")) : Promise.resolve();
    const spaces = new Uint8Array(16 * 1024 * 1024).fill(0x20);
    const long = async function* () {
      yield* [spaces, spaces, spaces];
      yield await new TextEncoder().encode("[]");
    };
    try {
      await assertRejects(() => spool.add(long()), Error, "os error 5");
    } finally {
      Deno.FsFile.prototype.syncData = syncData;
    }
    assertEquals(files(folder), []);
  }),
);

Deno.test(
  "what is not JSON, or fails on the way, leaves nothing in the spool",
  inFolder(async (spool, folder) => {
    await assertRejects(() => spool.add(pieces("[1,", "]")), ProtocolError, "not JSON at byte 3");
    await assertRejects(() => spool.add(pieces("[1,")), ProtocolError, "not JSON at byte 3");
    const failing = async function* () {
      yield* pieces("[1,");
      throw new Error("unplugged");
    };
    await assertRejects(() => spool.add(failing()), Error, "unplugged");
    assertEquals(files(folder), []);
  }),
);

Deno.test(
  "a copy that is gone or has another size is not sent as if it were whole, and no name leads out of the folder",
  inFolder(async (spool, folder) => {
    const spooled = await spool.add(pieces("[1, 2]"));
    Deno.truncateSync(join(folder, spooled.spool), 3);
    await assertRejects(() => spool.open(spooled), UserError, "send it again");
    Deno.removeSync(join(folder, spooled.spool));
    await assertRejects(() => spool.open(spooled), UserError, "send it again");
    for (const name of ["../earshot.db", "", "x", `${"0".repeat(25)}/`, `${"0".repeat(26)}.`]) {
      assertThrows(() => spool.path(name), UserError);
    }
  }),
);

Deno.test("a copy that no message needs goes after a day lived through, whatever the clock says; others stay", async () => {
  await using bench = new Bench();
  const spool = new Spool(bench.state);
  const folder = join(bench.state, "spool");
  let storage = await bench.open();
  const needed = await spool.add(pieces("1"));
  await spool.add(pieces("2"));
  const row = { epoch: 1, seq: 0, kind: "document", name: "a", at: 0, expires: 1, size: 1 } as const;
  await storage.enqueue(BOB, { id: messageId(1), ...row, spool: needed.spool });
  Deno.writeTextFileSync(join(folder, "notes.txt"), "mine");
  const restart = async () => {
    await storage.close();
    storage = await bench.open();
  };
  await storage.sync();
  await restart();
  bench.clock.wallOffset += 400 * 24 * HOUR;
  await storage.sync();
  await restart();
  bench.clock.wallOffset -= 4000 * 24 * HOUR;
  await restart();
  assertEquals(files(folder).length, 3);
  const young = await spool.add(pieces("3"));
  bench.clock.advanceSync(2 * HOUR);
  await storage.sync();
  await restart();
  assertEquals(files(folder).sort(), [needed.spool, young.spool, "notes.txt"].sort());
});

Deno.test("the store removes a copy once the last message that needs it is settled", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const spool = new Spool(bench.state);
  const { spool: name, size, sha256 } = await spool.add(pieces("[1]"));
  const row = {
    kind: "document",
    name: "a",
    at: 0,
    expires: 1,
    size,
    spool: name,
    sha256,
  } as const;
  const carol = "c".repeat(24);
  for (const recipient of [BOB, carol]) await storage.enqueue(recipient, { id: messageId(1), ...row });
  assertEquals((await storage.waiting(BOB))[0]!.spool, name);
  await storage.settle(BOB, new Map([[messageId(1), undefined]]));
  assertEquals(files(join(bench.state, "spool")), [name]);
  await storage.settle(carol, new Map([[messageId(1), undefined]]));
  assertEquals(files(join(bench.state, "spool")), []);
});

Deno.test("a copy that somebody is about to hand to more recipients stays until that is done", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const { spool, size, sha256 } = await new Spool(bench.state).add(pieces("[1]"));
  const row = { kind: "document", name: "a", at: 0, expires: 1, size, spool, sha256 } as const;
  const releases = [await storage.holdSpool(spool), await storage.holdSpool(spool)];
  await storage.enqueue(BOB, { id: messageId(1), ...row });
  await storage.settle(BOB, new Map([[messageId(1), undefined]]));
  await releases[0]!();
  await releases[0]!();
  assertEquals(files(join(bench.state, "spool")), [spool], "the other one still has it");
  await storage.enqueue(BOB, { id: messageId(2), ...row });
  await releases[1]!();
  assertEquals(files(join(bench.state, "spool")), [spool], "a message waits in it");
  await storage.settle(BOB, new Map([[messageId(2), undefined]]));
  assertEquals(files(join(bench.state, "spool")), []);
});

Deno.test("a disk without room for a copy is told, and the copy is not left half written", {
  ignore: lacks("lan"),
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "earshot-spool-" });
  try {
    using _disk = new SmallDisk(folder, "size=256k");
    const spool = new Spool(folder);
    const long = async function* () {
      yield* pieces('"');
      for (let i = 0; i < 100; i++) yield* pieces("x".repeat(10_000));
      yield* pieces('"');
    };
    const { message } = await assertRejects(() => spool.add(long()), UserError);
    assert(
      message.startsWith("There is no room for a copy of the document"),
      message,
    );
    assertEquals(files(join(folder, "spool")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
