// A large body over Deno's TCP, bare or with ChaCha20-Poly1305: `stream.ts take`, or `stream.ts give PORT`.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { serve } from "../harness/serve.ts";

const RECORD = 65_519;
const TAG = 16;
const KEY = new Uint8Array(32);
const body = new Uint8Array(RECORD).fill(97);
const record = new Uint8Array(RECORD + TAG);

interface Order {
  readonly size: number;
  readonly encrypted: boolean;
}

const [role, port] = Deno.args as [string, string];
if (role === "give") {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await serve(null, { give: (order: Order) => give(connection, order) });
} else {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await serve({ port: (listener.addr as Deno.NetAddr).port }, {
    take: async (order: Order) => await take(await accepted, order),
  });
}

function nonce(n: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, n);
  return bytes;
}

async function give(connection: Deno.Conn, { size, encrypted }: Order): Promise<void> {
  for (let done = 0, n = 0; done < size; done += RECORD, n++) {
    if (encrypted) {
      const cipher = createCipheriv("chacha20-poly1305", KEY, nonce(n), { authTagLength: TAG });
      record.set(cipher.update(body));
      cipher.final();
      record.set(cipher.getAuthTag(), RECORD);
    }
    for (let sent = 0; sent < record.length;) sent += await connection.write(record.subarray(sent));
  }
}

async function take(connection: Deno.Conn, { size, encrypted }: Order): Promise<void> {
  for (let done = 0, n = 0; done < size; done += RECORD, n++) {
    for (let have = 0; have < record.length;) {
      const count = await connection.read(record.subarray(have));
      if (count === null) throw new Error("the connection ended");
      have += count;
    }
    if (!encrypted) continue;
    const decipher = createDecipheriv("chacha20-poly1305", KEY, nonce(n), { authTagLength: TAG });
    decipher.setAuthTag(record.subarray(RECORD));
    decipher.update(record.subarray(0, RECORD));
    decipher.final();
  }
}
