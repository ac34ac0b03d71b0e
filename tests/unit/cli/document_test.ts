import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readDocument } from "../../../lib/cli/document.ts";
import { stripJsonc } from "../../../lib/cli/jsonc.ts";
import type { SpooledDocument } from "../../../lib/peer/types.ts";
import { UserError } from "../../../lib/platform/user_error.ts";
import { JsonValidator } from "../../../lib/protocol/json_validator.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

/** Standard input that gives `text`, a few bytes at a time. */
function input(text: string | Uint8Array): { read(into: Uint8Array): Promise<number | null> } {
  let rest = typeof text === "string" ? encode(text) : text;
  return {
    read(into) {
      const count = Math.min(rest.length, into.length, 3);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return Promise.resolve(count === 0 ? null : count);
    },
  };
}

/** What would go to the spool, by its length. */
async function spool(pieces: AsyncIterable<Uint8Array>): Promise<SpooledDocument> {
  const validator = new JsonValidator();
  let size = 0;
  for await (const piece of pieces) {
    validator.push(piece);
    size += piece.length;
  }
  validator.end();
  return { spool: "", size, sha256: "" };
}

async function sent(text: string | Uint8Array): Promise<string | undefined> {
  const { content } = await readDocument("-", spool, input(text));
  assert(content instanceof Uint8Array);
  return decode(content);
}

async function failure(text: string | Uint8Array): Promise<string> {
  const error = await assertRejects(() => sent(text), UserError);
  assertEquals(error.exitCode, 2);
  return error.message;
}

Deno.test("JSON goes byte for byte, whatever it is", async () => {
  const documents = [
    '{"a" : 1.0e2,\r\n"a":12345678901234567890}',
    "  [1]\n",
    '"// no comment"',
    "null",
    "-0",
  ];
  for (const document of documents) assertEquals(await sent(document), document);
});

Deno.test("comments and trailing commas go, numbers and texts stay as they were written", async () => {
  assertEquals(
    await sent('{ // why\n "n": 1e400, /* a, */ "s": "/* \\" // ", "l": [1, 2, ], }//end'),
    '{ \n "n": 1e400,  "s": "/* \\" // ", "l": [1, 2 ] }',
  );
  assertEquals(await sent("/**/[1,/*,*/]// x"), "[1]");
});

Deno.test("what is not JSON even without comments is told with its line", async () => {
  assertEquals(await failure('{"a":1}\n\n{'), "standard input: not JSON at byte 9, line 3.");
  assertEquals(
    await failure("{\n// comment\n  oops }"),
    "standard input: not JSON at byte 15, line 3.",
  );
  for (
    const text of [
      "",
      "[,]",
      "[1,,]",
      "{,}",
      '{"a":,}',
      "{1,}",
      ",",
      "[1] /* open",
      "/",
      "NaN",
      "1/**/2",
      "\ufeff{}",
    ]
  ) {
    await failure(text);
  }
  await failure(Uint8Array.of(0x22, 0xff, 0x22));
});

Deno.test("stripping keeps every offset for the error message", () => {
  const document = "[1,/* a\nb */2,] // c\n";
  const { bytes, blanked } = stripJsonc(encode(document));
  assertEquals(blanked.length, document.length);
  assertEquals(decode(blanked), "[1,    \n    2 ]     \n");
  assertEquals(decode(bytes), "[1,2] \n");
});

Deno.test("a file is read with its name, and what is missing or a folder is told", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "reading.json");
    await Deno.writeTextFile(path, "[1]");
    const read = { source: path, name: "reading.json", content: encode("[1]"), isFile: true };
    assertEquals(await readDocument(path, spool), read);
    assertEquals(
      (await assertRejects(() => readDocument(join(folder, "none"), spool), UserError)).message,
      `There is no file ${join(folder, "none")}.`,
    );
    assertEquals((await assertRejects(() => readDocument(folder, spool), UserError)).exitCode, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a document over one frame goes to the spool, comments not counted, and a fault is told with its line", async () => {
  const json = (length: number) => `"${"x".repeat(length - 2)}"`;
  const folder = await Deno.makeTempDir();
  const path = join(folder, "x");
  const read = async (text: string) => {
    await Deno.writeTextFile(path, text);
    const { content } = await readDocument(path, spool);
    return content instanceof Uint8Array ? `${content.length} in memory` : `${content.size} spooled`;
  };
  try {
    assertEquals(await read(json(65_000)), "65000 in memory");
    assertEquals(await read(json(65_001)), "65001 spooled");
    assertEquals(await read(`/*${"y".repeat(70_000)}*/ ${json(64_999)}`), "65000 in memory");
    assertEquals(await read(`/* */${json(1_000_000)}`), "1000000 spooled");
    assertEquals(await read(json(2_000_000)), "2000000 spooled");
    const wrong = `[${"1,\n".repeat(500_000)}oops]`;
    assertEquals(
      (await assertRejects(() => read(wrong), UserError)).message,
      `${path}: not JSON at byte 1500001, line 500001. Comments and trailing commas are removed from files up to 1 MiB only.`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
