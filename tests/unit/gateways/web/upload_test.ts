import { assertEquals, assertRejects } from "@std/assert";
import { readUpload } from "../../../../lib/gateways/web/upload.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { Spool } from "../../../../lib/storage/files/spool.ts";

/** Reads a body that comes in pieces of `step` bytes, into a spool of its own. */
async function upload(
  body: string | Uint8Array,
  step = 1_000,
): Promise<{ bytes?: Uint8Array; spooled?: Uint8Array; left: number }> {
  const state = await Deno.makeTempDir({ prefix: "earshot-upload-" });
  try {
    const spool = new Spool(state);
    const whole = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const content = await readUpload(pieces(whole, step), (parts) => spool.add(parts)).catch((error) => {
      assertEquals(spool.files(), []);
      throw error;
    });
    if (content instanceof Uint8Array) return { bytes: content, left: spool.files().length };
    assertEquals(content.size, whole.length);
    return { spooled: await Deno.readFile(spool.path(content.spool)), left: spool.files().length };
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

async function* pieces(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.slice(at, at + step);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(`["${"x".repeat(100_000)}`);
  throw new Error("the connection is gone");
}

async function fault(body: string | Uint8Array, step?: number): Promise<string> {
  return (await assertRejects(() => upload(body, step), UserError)).message;
}

Deno.test("a document of up to 65 000 bytes is taken byte for byte in memory, a larger one in the spool", async () => {
  const small = `{"a": 1.00, "a": "ä"}\n`;
  assertEquals(new TextDecoder().decode((await upload(small, 3)).bytes), small);
  const most = JSON.stringify("x".repeat(64_998));
  assertEquals((await upload(most)).bytes?.length, 65_000);
  const large = JSON.stringify("y".repeat(300_000));
  assertEquals(new TextDecoder().decode((await upload(large)).spooled), large);
});

Deno.test("what is not JSON is refused with line and column, and leaves nothing behind", async () => {
  assertEquals(await fault(`{\n  "ä": oops}`, 4), "The file is not JSON at byte 10, line 2, column 8.");
  const large = `[\n${`"ä",\n`.repeat(20_000)}  oops]`;
  assertEquals(await fault(large, 777), `The file is not JSON at byte 120004, line 20002, column 3.`);
  assertEquals(await fault(`{"a":`), "The file is not JSON at byte 5, line 1, column 6.");
  assertEquals(await fault(""), "The file is empty: a JSON document has at least a value.");
  assertEquals(
    await fault("\ufeff{}"),
    "The file begins with a byte-order mark, which JSON must not: save it as UTF-8 without one.",
  );
});

Deno.test("a body that breaks off leaves nothing behind", async () => {
  const state = await Deno.makeTempDir({ prefix: "earshot-upload-" });
  try {
    const spool = new Spool(state);
    await assertRejects(
      () => readUpload(broken(), (parts) => spool.add(parts)),
      Error,
      "the connection is gone",
    );
    assertEquals(spool.files(), []);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
});
