import { assertEquals, assertRejects } from "@std/assert";
import { readSpoken, type Spoken, tellSpoken } from "../../../lib/net/first_bytes.ts";
import type { Connection } from "../../../lib/net/types.ts";

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
  ["GET / HTTP/1.1", "http"],
  ["POST /x", "http"],
  ["PUT /x", "http"],
  ["OPTIONS *", "http"],
  ["ES1\r\n", "other"],
  ["ES2\n", "other"],
  ["GETAWAY", "other"],
  ["get / HTTP/1.1", "other"],
  ['{"a":1}', "other"],
  ["hi", "other"],
  ["\0\xff\0\xff", "other"],
  ["ES", "other"],
  ["", "other"],
];

Deno.test("sessions, HTTP and everything else are told apart, however the bytes arrive", async () => {
  for (const [text, expected] of openings) {
    for (const pieces of [[text], [...text]]) {
      const { spoken, connection } = await readSpoken(arriving(...pieces.filter((piece) => piece !== "")));
      assertEquals(spoken, expected, JSON.stringify(text));
      assertEquals(await rest(connection), spoken === "session" ? text.slice(4) : text);
      assertEquals(connection.remote.port, 9);
    }
  }
});

Deno.test("what can be nothing known is told from its first byte", () => {
  assertEquals(tellSpoken(bytes("h")), "other");
  assertEquals(tellSpoken(bytes("EX")), "other");
  for (const start of ["", "E", "ES1", "G", "OPT"]) assertEquals(tellSpoken(bytes(start)), undefined);
});

Deno.test("a connection that fails before it is told rejects", async () => {
  const broken = { ...arriving(), read: () => Promise.reject(new Deno.errors.ConnectionReset()) };
  await assertRejects(() => readSpoken(broken), Deno.errors.ConnectionReset);
});
