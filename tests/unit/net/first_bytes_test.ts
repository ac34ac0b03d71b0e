import { assertEquals, assertRejects } from "@std/assert";
import { readSpoken, type Spoken, tellSpoken } from "../../../lib/net/first_bytes.ts";
import type { Connection } from "../../../lib/net/types.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A connection on which these pieces arrive, then the end. */
function arriving(...pieces: string[]): Connection {
  const queue = pieces.map(bytes);
  return {
    remote: { host: "127.0.0.1", port: 9 },
    read(into) {
      const piece = queue.shift();
      if (piece === undefined) return Promise.resolve(null);
      const n = Math.min(piece.length, into.length);
      into.set(piece.subarray(0, n));
      if (n < piece.length) queue.unshift(piece.subarray(n));
      return Promise.resolve(n);
    },
    write: () => Promise.resolve(),
    close() {},
  };
}

async function rest(connection: Connection): Promise<string> {
  let text = "";
  const into = new Uint8Array(3);
  for (let n = await connection.read(into); n !== null; n = await connection.read(into)) {
    text += new TextDecoder().decode(into.subarray(0, n));
  }
  return text;
}

const openings: [string, Spoken][] = [
  ["ES1\nhandshake", "session"],
  ["GET / HTTP/1.1", "other"],
  ["ES1\r\n", "other"],
  ["ES2\n", "other"],
  ['{"a":1}', "other"],
  ["\0\xff\0\xff", "other"],
  ["ES", "other"],
  ["", "other"],
];

Deno.test("sessions and everything else are told apart, and no byte is lost, however they arrive", async () => {
  for (const [text, expected] of openings) {
    for (const pieces of [[text], [...text]]) {
      const arrived = arriving(...pieces.filter((piece) => piece !== ""));
      const { spoken, connection } = await readSpoken(arrived, new FakeClock());
      assertEquals(spoken, expected, JSON.stringify(text));
      assertEquals(await rest(connection), text);
      assertEquals(connection.remote.port, 9);
    }
  }
});

Deno.test("what can be no session is told from its first byte", () => {
  assertEquals(tellSpoken(bytes("h")), "other");
  assertEquals(tellSpoken(bytes("EX")), "other");
  for (const start of ["", "E", "ES1"]) assertEquals(tellSpoken(bytes(start)), undefined);
});

Deno.test("a connection that is silent for a second is no session, and what it says later is not lost", async () => {
  for (const first of ["", "E"]) {
    const clock = new FakeClock();
    const late = Promise.withResolvers<void>();
    const { read, ...connection } = arriving(...[first, "Xhello"].filter((piece) => piece !== ""));
    let reads = first === "" ? 1 : 0;
    const waiting = {
      ...connection,
      read: (into: Uint8Array) => reads++ === 1 ? late.promise.then(() => read(into)) : read(into),
    };
    const told = readSpoken(waiting, clock);
    await clock.advance(999);
    let isTold = false;
    void told.then(() => isTold = true);
    await settle();
    assertEquals(isTold, false);
    await clock.advance(1);
    const { spoken, connection: after } = await told;
    assertEquals(spoken, "other");
    const text = rest(after);
    late.resolve();
    assertEquals(await text, `${first}Xhello`);
  }
});

Deno.test("a connection that fails before it is told rejects", async () => {
  const broken = { ...arriving(), read: () => Promise.reject(new Deno.errors.ConnectionReset()) };
  await assertRejects(() => readSpoken(broken, new FakeClock()), Deno.errors.ConnectionReset);
});
