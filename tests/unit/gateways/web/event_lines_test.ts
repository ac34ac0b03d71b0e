import { assertEquals } from "@std/assert";
import { BEAT_MS, EventLines, LINES_MAX } from "../../../../lib/gateways/web/event_lines.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

function open() {
  const clock = new FakeClock();
  let ended = 0;
  const lines = new EventLines(clock, () => ended++);
  const reader = lines.stream.getReader();
  /** Reads what there is: the lines of one read; undefined at the end. */
  const read = async () => {
    const { value, done } = await reader.read();
    return done
      ? undefined
      : new TextDecoder().decode(value).trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  return { clock, lines, reader, read, ended: () => ended };
}

Deno.test("a reader that keeps up gets every line, the first one first", async () => {
  const { lines, read } = open();
  lines.add({ n: 1 });
  lines.addFirst({ hello: 1 });
  assertEquals(await read(), [{ hello: 1 }, { n: 1 }]);
  const next = read();
  lines.add({ n: 2 });
  assertEquals(await next, [{ n: 2 }]);
});

Deno.test("a slow reader is told how many lines were left out, in their place, and no more than those wait", async () => {
  const { lines, read } = open();
  for (let n = 0; n < LINES_MAX + 1_000; n++) lines.add({ n });
  const got = (await read())!;
  assertEquals([got.length, got[LINES_MAX - 1], got[LINES_MAX]], [LINES_MAX + 1, { n: LINES_MAX - 1 }, {
    lost: 1_000,
  }]);
  lines.add({ n: "later" });
  assertEquals(await read(), [{ n: "later" }]);
});

Deno.test("a slow reader of long lines costs no more than a megabyte", async () => {
  const { lines, read } = open();
  const long = "x".repeat(300_000);
  for (let n = 0; n < 10; n++) lines.add({ long });
  assertEquals((await read())!.map(({ lost }) => lost), [undefined, undefined, undefined, undefined, 6]);
});

Deno.test("silence is filled with signs of life, which do not pile up", async () => {
  const { clock, lines, read } = open();
  for (let n = 0; n < 5; n++) clock.advanceSync(BEAT_MS);
  assertEquals(await read(), [{ beat: 1 }]);
  lines.add({ n: 1 });
  clock.advanceSync(BEAT_MS);
  assertEquals(await read(), [{ n: 1 }]);
});

Deno.test("a stream ends with its last line, whatever waits, and then takes nothing more", async () => {
  const { clock, lines, read, ended } = open();
  for (let n = 0; n < LINES_MAX + 5; n++) lines.add({ n });
  lines.end({ results: [] });
  lines.add({ late: 1 });
  assertEquals((await read())!.slice(LINES_MAX), [{ lost: 5 }, { results: [] }]);
  assertEquals([await read(), ended(), clock.next()], [undefined, 1, undefined]);
});

Deno.test("a reader that leaves ends the stream, once, and its clock", async () => {
  const { clock, lines, reader, ended } = open();
  lines.add({ n: 1 });
  await reader.cancel();
  lines.close();
  lines.add({ n: 2 });
  assertEquals([ended(), clock.next()], [1, undefined]);
});
