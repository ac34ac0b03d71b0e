import { assert, assertEquals } from "@std/assert";
import { Window } from "../../../lib/protocol/window.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

Deno.test("every number counts once, whatever the order, and the state survives being stored at any time", () => {
  const random = new SeededRandom();
  for (let run = 0; run < 50; run++) {
    const size = 1 + Math.floor(random.between(0, 64));
    let window = new Window(7, size);
    const done = new Set<number>();
    for (let step = 0; step < 500; step++) {
      const seq = Math.floor(random.between(0, window.upto + size + 3));
      const fresh = seq > 0 && !done.has(seq) && seq <= window.upto + size;
      assertEquals(window.accepts(seq), fresh);
      assertEquals(window.add(seq), fresh);
      if (fresh) done.add(seq);
      assertEquals(window.has(seq), seq === 0 || done.has(seq));
      if (step % 7 === 0) window = new Window(7, size, window.upto, window.toBitmap());
      let upto = 0;
      while (done.has(upto + 1)) upto++;
      assertEquals(window.upto, upto);
    }
    const bitmap = window.toBitmap();
    assert(bitmap.length * 8 < size + 8 && bitmap.at(-1) !== 0);
  }
});

Deno.test("a stored bitmap is read bit by bit from the first number beyond upto, and not beyond the size", () => {
  const window = new Window(1, 10, 100, Uint8Array.of(0b0100_0001, 0b0110_0000, 0xff));
  assertEquals([...Array(30).keys()].map((i) => 100 + i).filter((seq) => window.has(seq)), [
    100,
    102,
    108,
    110,
  ]);
  assertEquals([window.epoch, window.size, window.upto], [1, 10, 100]);
});

Deno.test("a bitmap whose first bits are set moves upto on", () => {
  const window = new Window(1, 16, 5, Uint8Array.of(0b1110_1000));
  assertEquals([window.upto, window.toBitmap()], [8, Uint8Array.of(0b0100_0000)]);
});

Deno.test("no number beyond the largest is accepted", () => {
  const window = new Window(1, 1024, 4294967290, new Uint8Array(128).fill(0xff));
  assertEquals(window.upto, 4294967295);
  assertEquals(window.accepts(4294967296), false);
});
