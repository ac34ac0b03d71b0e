import { assertEquals, assertMatch } from "@std/assert";
import {
  endedText,
  fileFault,
  partText,
  type Send,
  Sends,
  shortName,
} from "../../../../lib/gateways/web/page/sends.js";

const LAMP = { id: "l".repeat(24), name: "lamp" };
const DESK = { id: "d".repeat(24), name: "desk" };

/** Uploads that a test drives. */
class TestUploads {
  readonly all: {
    query: Record<string, unknown>;
    line: (line: unknown) => void;
    end: (error?: Error) => void;
    signal: AbortSignal;
  }[] = [];
  readonly sends = new Sends((_file, query, line, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.all.push({ query, line, signal, end: (error) => error ? reject(error) : resolve() });
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise;
  }, (id, to) => {
    this.withdrawn.push([id, to]);
    return this.withdraws ? Promise.resolve() : Promise.reject(new Error("Nobody there."));
  }, () => {});
  readonly withdrawn: [string, readonly string[]][] = [];
  withdraws = true;

  add(...names: string[]): readonly Send[] {
    const file = new File(["[1234567]"], "x.json");
    this.sends.add(names.map((name) => ({ file, name, to: [LAMP, DESK] })));
    return this.sends.all;
  }
}

/** Lets promises go on. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function texts(send: Send): string[] {
  return send.parts.map((part) => partText(send, part));
}

Deno.test("each recipient has its own progress and outcome", async () => {
  const uploads = new TestUploads();
  const [send] = uploads.add("a.json");
  const [{ query, line, end }] = uploads.all as [typeof uploads.all[0]];
  assertEquals(query, { to: [LAMP.id, DESK.id], name: "a.json", stream: undefined, queue: undefined });
  line({ uploaded: 4 });
  assertEquals([send!.state, send!.uploaded], ["uploading", 4]);
  line({ received: 9 });
  assertEquals(texts(send!), ["Waits for the acknowledgement.", "Waits for the acknowledgement."]);
  line({ progress: { to: LAMP, bytes: 5 } });
  line({ deferred: { to: DESK, code: "quota", why: "the inbox is full" } });
  assertEquals(send!.parts.map(({ bytes }) => bytes), [5, 0]);
  assertEquals(texts(send!), [
    "On its way.",
    "desk cannot take a.json now: quota: the inbox is full. Trying again.",
  ]);
  const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  line({
    results: [{ id, to: DESK, status: "refused", code: "quota" }, { id, to: LAMP, status: "delivered" }],
  });
  end();
  await pause();
  assertEquals([send!.state, send!.error], ["ended", undefined]);
  assertEquals(texts(send!), ["Delivered a.json to lamp.", "desk refused a.json: quota."]);
});

Deno.test("two documents at once are under way, the others wait in their order", async () => {
  const uploads = new TestUploads();
  uploads.add("1", "2", "3", "4");
  const names = () => uploads.all.map(({ query }) => query.name);
  assertEquals(names(), ["1", "2"]);
  uploads.all[1]!.end(new Error("The file is not JSON at byte 0, line 1, column 1."));
  await pause();
  assertEquals(names(), ["1", "2", "3"]);
  const [, second, , fourth] = uploads.sends.all;
  assertEquals([second!.error, second!.state], [
    "The file is not JSON at byte 0, line 1, column 1.",
    "ended",
  ]);
  uploads.sends.cancel(fourth!);
  uploads.all[0]!.line({ results: [] });
  uploads.all[0]!.end();
  await pause();
  assertEquals(names(), ["1", "2", "3"]);
  uploads.sends.clear();
  assertEquals(uploads.sends.all.map(({ parcel }) => parcel.name), ["3"]);
});

Deno.test("what is cancelled ends at once, says how far it was, and takes nothing more", async () => {
  const uploads = new TestUploads();
  uploads.withdraws = false;
  const [one, two] = uploads.add("1", "2");
  uploads.all[1]!.line({ received: 9, id: "ID" });
  for (const send of [one!, two!]) uploads.sends.cancel(send);
  await pause();
  assertEquals(uploads.all.map(({ signal }) => signal.aborted), [true, true]);
  uploads.all[1]!.line({ error: "Later." });
  await pause();
  assertEquals([one!.error, two!.error], [
    "Cancelled before it was sent.",
    "Cancelled. Who has it already keeps it.",
  ]);
});

Deno.test("what is on its way to the recipients is withdrawn from those that do not have it", async () => {
  const uploads = new TestUploads();
  const [send] = uploads.add("1");
  uploads.all[0]!.line({ received: 9, id: "ID" });
  uploads.sends.cancel(send!);
  uploads.sends.cancel(send!);
  await pause();
  assertEquals([uploads.withdrawn, uploads.all[0]!.signal.aborted], [[["ID", [LAMP.id, DESK.id]]], false]);
  const id = "ID";
  uploads.all[0]!.line({
    results: [{ id, to: LAMP, status: "delivered" }, {
      id,
      to: DESK,
      status: "unreachable",
      why: "withdrawn",
    }],
  });
  assertEquals(texts(send!), ["Delivered 1 to lamp.", "Cancelled before desk had it."]);
});

Deno.test("an answer that ends early is no success", async () => {
  const uploads = new TestUploads();
  const [send] = uploads.add("1");
  uploads.all[0]!.line({ received: 9 });
  uploads.all[0]!.end();
  await pause();
  assertMatch(send!.error!, /may arrive/);
});

Deno.test("a file that cannot be sent is told before it is read", () => {
  assertEquals(fileFault({ name: "a", size: 0 }), "a is empty: a JSON document has at least a value.");
  assertEquals(fileFault({ name: "a", size: 65_000 }, "s"), undefined);
  assertEquals(
    fileFault({ name: "a", size: 65_001 }, "s"),
    "a has 65001 bytes: a document of a stream has at most 65000.",
  );
  assertEquals(fileFault({ name: "a", size: 2 ** 32 - 1 }), undefined);
  assertMatch(fileFault({ name: "a", size: 2 ** 32 })!, /4 GiB/);
});

Deno.test("a long name is shortened at a character and keeps its extension", () => {
  assertEquals(shortName("a.json"), "a.json");
  const short = shortName(`${"ä".repeat(100)}.json`);
  assertEquals(short, `${"ä".repeat(61)}.json`);
  assertEquals(shortName("👨‍👩‍👧".repeat(10)), "👨‍👩‍👧".repeat(7));
});

Deno.test("what became of a document is read out once, however many went before", async () => {
  const uploads = new TestUploads();
  const told = new WeakSet<Send>();
  for (let number = 1; number <= 10; number++) {
    uploads.add(`${number}`);
    const { line, end } = uploads.all.at(-1)!;
    line({ received: 9 });
    assertEquals(endedText(uploads.sends.all, told), "");
    line({ results: [LAMP, DESK].map((to) => ({ id: "ID", to, status: "delivered" })) });
    end();
    await pause();
    const text = `Delivered ${number} to lamp. Delivered ${number} to desk.`;
    assertEquals(endedText(uploads.sends.all, told), text);
  }
});
