import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readDocument } from "../../../../lib/cli/messages/document.ts";
import { stripJsonc } from "../../../../lib/cli/messages/jsonc.ts";
import type { SpooledDocument } from "../../../../lib/peer/types.ts";
import { UserError } from "../../../../lib/platform/user_error.ts";
import { JsonValidator } from "../../../../lib/protocol/json_validator.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

/** Standard input that gives `text`, a few bytes at a time. */
function input(text: string | Uint8Array): { read(into: Uint8Array): Promise<number | null> } {
  let rest = typeof text === "string" ? encode(text) : text;
  return {
    read(into) {
      const count = Math.min(rest.length, into.length, rest.length > 100_000 ? 99_999 : 3);
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
    const read = { source: path, name: "reading.json", content: encode("[1]"), remarks: [] };
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
    const fault = async (text: string) => (await assertRejects(() => read(text), UserError)).message;
    const many = "1,\n".repeat(500_000);
    const tooLarge = " Comments and trailing commas are removed from files up to 1 MiB only.";
    assertEquals(await fault(`[${many}oops]`), `${path}: not JSON at byte 1500001, line 500001.`);
    for (const jsonc of ["/* */1]", "// x\n1]", "]", " \n]"]) {
      assertMatch(
        await fault(`[${many}${jsonc}`),
        new RegExp(`^${path}: not JSON at byte \\d+, .*${tooLarge}$`),
      );
    }
    const deep = (before: string) => `[${before}${"[".repeat(512)}${"]".repeat(512)}]`;
    for (const before of ["", many]) {
      const line = before === "" ? 1 : 500_001;
      assertEquals(
        await fault(deep(before)),
        `${path}: nested deeper than 512 levels at byte ${512 + before.length}, line ${line}.`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Text in units of two bytes, as PowerShell's `>` writes it. */
function utf16(text: string): Uint8Array {
  return new Uint8Array(Uint16Array.from(`\ufeff${text}`, (character) => character.charCodeAt(0)).buffer);
}

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("an encoding that is not UTF-8 is named with what to do, in small files and large ones", async () => {
  for (const filler of ["", `"${"x".repeat(1_500_000)}",\n`]) {
    const line = filler === "" ? 1 : 2;
    assertEquals(
      await failure(utf16(`[${filler}1]`)),
      "standard input is UTF-16, which > of Windows PowerShell writes; " +
        "convert it to UTF-8, for example with: iconv -f UTF-16 -t UTF-8.",
    );
    assertStringIncludes(await failure(utf16(`[${filler}1]`).subarray(2)), "is UTF-16LE, ");
    assertEquals(
      await failure(`\ufeff[${filler}1]`),
      "standard input begins with a byte-order mark, which JSON must not: save it as UTF-8 without one.",
    );
    assertEquals(
      await failure(latin1(`[${filler}"caf\xe9"]`)),
      `standard input is not UTF-8: byte 0xE9 is "é" in Windows-1252, line ${line}; ` +
        "convert it to UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8.",
    );
  }
  assertStringIncludes(
    await failure(latin1('{"a": 1, // gr\xfcn\n "b": "gr\xfcn"}')),
    "in Windows-1252, line 2;",
  );
  assertEquals(await sent(latin1('{"a": 1, // gr\xfcn\n "b": 2}')), '{"a": 1, \n "b": 2}');
  // Right UTF-8 at a wrong place is only not JSON.
  assertEquals(await failure("{é:1}"), "standard input: not JSON at byte 1, line 1.");
  assertStringIncludes(await failure("\ufeff{} // x"), "begins with a byte-order mark");
  assertStringIncludes(
    await failure(" \n"),
    "holds nothing but blanks: a JSON document has at least a value.",
  );
});

Deno.test("JSON Lines are told as such, also with comments, in small files and large ones", async () => {
  const hint =
    /: not JSON at byte \d+, line (\d+)\. It looks like JSON Lines, .* send it with --lines, .* \(jq -s\)\.$/;
  const line = (text: string) => failure(text).then((message) => hint.exec(message)?.[1]);
  assertEquals(await line('{"a":1}\n{"a":2}\n'), "2");
  assertEquals(await line('{"a":1}\r\n\r\n{"a":2}'), "3");
  assertEquals(await line("1\n2\n3"), "2");
  assertEquals(await line('// readings\n{"a":1}\n{"a":2} // late\n'), "3");
  assertEquals(await line('{"a":1}\n'.repeat(200_000)), "2");
  for (const other of ['{"a":1} {"a":2}', '{"a":1}\n]', '{"a":\n1', "[1]\noops"]) {
    assertEquals(await line(other), undefined, other);
  }
});

Deno.test("that comments or trailing commas were removed is said, where bytes were", async () => {
  const remarks = async (text: string) => (await readDocument("-", spool, input(text))).remarks;
  assertEquals(await remarks("[1, /* x */]"), [
    "Comments or trailing commas were removed from standard input.",
  ]);
  assertEquals(await remarks("[1,]"), ["Comments or trailing commas were removed from standard input."]);
  assertEquals(await remarks('["// none", 1]'), []);
});

Deno.test("a document that is too large for a stream is named before it goes to the spool", async () => {
  for (const size of [65_001, 70_000, 2_000_000]) {
    const error = await assertRejects(
      () =>
        readDocument("-", () => Promise.reject(new Error("spooled")), input(`"${"x".repeat(size - 2)}"`), {
          stream: "log",
        }),
      UserError,
    );
    assertMatch(
      error.message,
      /^standard input has .*\d+ bytes: a document of a stream has at most 65000\.$/,
    );
  }
});
