import { assert, assertEquals } from "@std/assert";
import { Input } from "../../../../lib/cli/messages/input.ts";
import { type JsonLine, JsonLines } from "../../../../lib/cli/messages/json_lines.ts";
import { INLINE_DOCUMENT_MAX } from "../../../../lib/protocol/limits.ts";
import { JsonValidator } from "../../../../lib/protocol/json_validator.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** A source that gives `bytes`, at most `step` at a time. */
function source(bytes: Uint8Array, step: number) {
  return {
    read(into: Uint8Array): Promise<number | null> {
      const count = Math.min(bytes.length, into.length, step);
      into.set(bytes.subarray(0, count));
      bytes = bytes.subarray(count);
      return Promise.resolve(count === 0 ? null : count);
    },
  };
}

/** Reads lines, with the text of what went to the spool in place of its copy. */
async function read(text: string | Uint8Array, step: number, isStream = false) {
  const bytes = typeof text === "string" ? encode(text) : text;
  let spooled = "";
  const spool = async (pieces: AsyncIterable<Uint8Array>) => {
    const [validator, decoder] = [new JsonValidator(), new TextDecoder()];
    spooled = "";
    for await (const piece of pieces) {
      validator.push(piece);
      spooled += decoder.decode(piece, { stream: true });
    }
    validator.end();
    return { spool: "copy", size: spooled.length, sha256: "" };
  };
  using input = await Input.open("-", source(bytes, step));
  const found: [number, string][] = [];
  let last: JsonLine | undefined;
  for await (const line of new JsonLines(input, isStream ? undefined : spool)) {
    const { number, content, fault } = last = line;
    found.push([
      number,
      fault ?? (content instanceof Uint8Array ? new TextDecoder().decode(content) : `spooled ${spooled}`),
    ]);
  }
  if (last) assertEquals(last.end, bytes.length, "everything was counted");
  return found;
}

Deno.test("of a line that is copied to the spool each piece stays while the next one is read", async () => {
  const text = `[${Array.from({ length: 200_000 }, (_, i) => i)}]`;
  for (const step of [Infinity, 100_001]) {
    using input = await Input.open("-", source(encode(`${text}\r\n`), step));
    let copy = "";
    const late = async (pieces: AsyncIterable<Uint8Array>) => {
      const decoder = new TextDecoder();
      let before = new Uint8Array();
      for await (const piece of pieces) {
        copy += decoder.decode(before, { stream: true });
        before = piece as Uint8Array<ArrayBuffer>;
      }
      copy += decoder.decode(before);
      return { spool: "copy", size: copy.length, sha256: "" };
    };
    for await (const { fault } of new JsonLines(input, late)) assertEquals(fault, undefined);
    assert(copy === text, "the copy is another text than the line");
  }
});

Deno.test("a wait for more is told once all that was read was taken, blank lines too", async () => {
  const steps: string[] = [];
  const pieces = ["[1]\n[2]\n\n[", "3]\n"];
  using input = await Input.open("-", {
    read(into) {
      const piece = pieces.shift();
      steps.push("read");
      return Promise.resolve(piece === undefined ? null : new TextEncoder().encodeInto(piece, into).written);
    },
  });
  for await (const { number } of new JsonLines(input, undefined, () => void steps.push("wait"))) {
    steps.push(`line ${number}`);
  }
  assertEquals(steps, ["wait", "read", "line 1", "line 2", "wait", "read", "line 4", "wait", "read"]);
});

const STEPS = [1, 2, 7, 65_001, 1_000_000];

Deno.test("each line is a document, byte for byte, whatever the ends of lines and the pieces that come", async () => {
  for (const step of STEPS) {
    assertEquals(await read('{"a" : 1.50}\r\n\n \t\r\n["ü"]\r\n"\\r"\n 7 ', step), [
      [1, '{"a" : 1.50}'],
      [4, '["ü"]'],
      [5, '"\\r"'],
      [6, " 7 "],
    ]);
    assertEquals(await read("", step), []);
  }
});

Deno.test("a line that is no JSON is told with its number, and the next ones are read", async () => {
  for (const step of STEPS) {
    assertEquals(await read('[1]\n{"a":\n[2]\n// no\n[3] [4]\n[5]', step), [
      [1, "[1]"],
      [2, "is not JSON at byte 5"],
      [3, "[2]"],
      [4, "is not JSON at byte 0"],
      [5, "is not JSON at byte 4"],
      [6, "[5]"],
    ]);
  }
  const [[, marked] = []] = await read("\ufeff[1]", 9);
  assert(marked?.startsWith("begins with a byte-order mark"), marked);
  const [[, latin] = []] = await read(Uint8Array.of(0x22, 0xfc, 0x22), 9);
  assert(latin?.startsWith("is not UTF-8"), latin);
});

Deno.test("a line up to the size of a frame is held, a longer one goes to the spool without its end", async () => {
  const line = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
  const [fits, long, longer] = [0, 1, 300_000].map((more) => line(INLINE_DOCUMENT_MAX + more));
  for (const step of STEPS.slice(2)) {
    for (const end of ["\n", "\r\n"]) {
      assertEquals(await read([fits, long, "[1]", longer, "[2]", long].join(end), step), [
        [1, fits!],
        [2, `spooled ${long}`],
        [3, "[1]"],
        [4, `spooled ${longer}`],
        [5, "[2]"],
        [6, `spooled ${long}`],
      ]);
    }
  }
});

Deno.test("what is left of a long line that cannot be sent is passed over", async () => {
  const long = `oops ${"x".repeat(500_000)}`;
  const cut = `["${"x".repeat(200_000)}`;
  const valid = `["${"x".repeat(200_000)}"]`;
  for (const step of STEPS.slice(2)) {
    const found = await read([long, "[1]", cut, "[2]"].join("\n"), step);
    assertEquals(found.map(([number, text]) => [number, text.slice(0, 11)]), [
      [1, "is not JSON"],
      [2, "[1]"],
      [3, "is not JSON"],
      [4, "[2]"],
    ]);
    const inStream = await read([valid, "[1]", valid].join("\n"), step, true);
    const tooLong = "has more than 65000 bytes, the most that a document of a stream has";
    assertEquals(inStream, [[1, tooLong], [2, "[1]"], [3, tooLong]]);
  }
});
