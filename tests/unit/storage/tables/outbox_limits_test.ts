import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { OUTBOX_PEER_MESSAGES_MAX } from "../../../../lib/protocol/limits.ts";
import type { OutboxLimits } from "../../../../lib/storage/tables/outbox_usage.ts";
import { openDatabase } from "../../../../lib/storage/database/open_database.ts";
import { Store } from "../../../../lib/storage/tables/store.ts";
import type { OutboundMessage } from "../../../../lib/storage/types.ts";
import { Bench, BOB, messageId, peerId } from "../support.ts";

function waiting(n: number, size = 1): OutboundMessage {
  return {
    at: 0,
    expires: 1,
    id: messageId(n),
    kind: "document",
    name: "a",
    size,
    body: new Uint8Array(size),
  };
}

Deno.test("the outbox takes so many messages for one peer, says so by its name, and goes on for others", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const all = Array.from(
    { length: OUTBOX_PEER_MESSAGES_MAX },
    (_, n) => storage.enqueue(BOB, waiting(n), "bob"),
  );
  await Promise.all(all);
  const [refused, other] = await Promise.allSettled([
    storage.enqueue(BOB, waiting(10_000), "bob"),
    storage.enqueue(peerId("c"), waiting(1), "carol"),
  ]);
  assert(refused.status === "rejected" && refused.reason instanceof UserError);
  assertStringIncludes(refused.reason.message, "The outbox holds 10000 messages for bob");
  assertEquals(other.status, "fulfilled");
  await storage.enqueue(BOB, waiting(5), "bob");
  await storage.settle(BOB, new Map([[messageId(7), undefined]]));
  await storage.enqueue(BOB, waiting(10_000), "bob");
  await assertRejects(() => storage.enqueue(BOB, waiting(10_001), "bob"), UserError);
  assertEquals(bench.warnings.length, 1, "told once a minute");
  await storage.close();
  const again = await bench.open();
  await assertRejects(() => again.enqueue(BOB, waiting(10_001), "bob"), UserError, "10000 messages for bob");
});

/** An outbox with small limits; `put` tells why a message cannot wait. */
function withOutbox(
  limits: Partial<OutboxLimits>,
  test: (put: (message: OutboundMessage, recipient?: string) => string | undefined, store: Store) => void,
): void {
  const root = Deno.makeTempDirSync({ prefix: "earshot-outbox-" });
  const most = { messages: 100, bytes: 1e6, messagesPerPeer: 100, bytesPerPeer: 1e6, ...limits };
  const store = new Store(openDatabase(join(root, "earshot.db")), most);
  try {
    test(
      (message, recipient = BOB) => store.transaction(() => store.outbox.enqueue(recipient, message, "bob")),
      store,
    );
  } finally {
    store.close();
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("the outbox takes so many bytes for one peer, or one larger document", () =>
  withOutbox({ bytesPerPeer: 2048 }, (put, store) => {
    assertEquals(put(waiting(1, 5000)), undefined, "nothing else waits for it");
    assertStringIncludes(
      put(waiting(2))!,
      "holds 4.9 kiB for bob, and takes no more than 2 kiB for one peer",
    );
    store.transaction(() => store.outbox.forget(BOB, messageId(1)));
    assertEquals([put(waiting(3, 1024)), put(waiting(4, 1024))], [undefined, undefined]);
    assert(put(waiting(5)));
    assertEquals(put(waiting(3, 1000)), undefined, "what is there already may be replaced");
    assertEquals(put(waiting(6, 24)), undefined);
    assert(put(waiting(7)));
  }));

Deno.test("the outbox takes so many messages and bytes in all", () => {
  withOutbox({ messages: 2 }, (put) => {
    put(waiting(1), peerId("c"));
    put(waiting(2), peerId("d"));
    assertStringIncludes(put(waiting(3))!, "The outbox is full, 2 messages for 2 peers wait in it");
  });
  withOutbox({ bytes: 3000, bytesPerPeer: 2000 }, (put) => {
    assertEquals(put(waiting(1, 2500), peerId("c")), undefined);
    assertStringIncludes(
      put(waiting(2, 501))!,
      "holds 2.4 kiB for one peer, and takes no more than 2.9 kiB in all",
    );
    assertEquals(put(waiting(2, 500)), undefined);
  });
});

Deno.test("a copy in the spool that several recipients share takes its room once, and may be the only thing that waits", () =>
  withOutbox({ bytes: 3000, bytesPerPeer: 2500 }, (put, store) => {
    const shared = { size: 2000, spool: "S", body: undefined };
    for (const peer of ["c", "d", "e"]) {
      assertEquals(put({ ...waiting(1), ...shared }, peerId(peer)), undefined);
    }
    assertStringIncludes(put(waiting(2, 1001))!, "holds 2 kiB");
    store.transaction(() => store.outbox.forget(peerId("c"), messageId(1)));
    assertStringIncludes(put(waiting(2, 1001))!, "holds 2 kiB");
    for (const peer of ["d", "e"]) {
      store.transaction(() => store.outbox.forget(peerId(peer), messageId(1)));
    }
    assertEquals(put(waiting(3, 1_000_000)), undefined, "nothing else waits");
  }));

Deno.test("what a transaction that failed had put into the outbox does not count", () =>
  withOutbox({ messages: 2 }, (put, store) => {
    put(waiting(1));
    const failing = () =>
      store.transaction(() => {
        store.outbox.forget(BOB, messageId(1));
        for (const n of [2, 3]) store.outbox.enqueue(BOB, waiting(n), "bob");
        throw new Error("no room");
      });
    for (let times = 0; times < 3; times++) {
      try {
        failing();
      } catch { /* as it should */ }
    }
    assertEquals(put(waiting(2)), undefined);
    assert(put(waiting(3)));
  }));
