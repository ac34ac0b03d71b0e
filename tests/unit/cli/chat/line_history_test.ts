import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { LineHistory } from "../../../../lib/cli/chat/line_history.ts";
import { listFiles } from "../../../../lib/cli/chat/list_files.ts";

async function inFolder(fn: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-lines-" });
  try {
    fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("entered lines are there after a restart, for their owner only, and without join codes", () =>
  inFolder((state) => {
    const history = new LineHistory(state);
    assertEquals(history.lines, []);
    const code = `lab.${"a2".repeat(16)}`;
    for (const text of ["hello", code, `join ${code.toUpperCase()}`, " ", "x".repeat(5_000), "two\nlines"]) {
      history.add({ text, pasted: text.includes("\n") });
    }
    assertEquals(new LineHistory(state).lines, [
      { text: "hello", pasted: false },
      { text: "two\nlines", pasted: true },
    ]);
    const file = join(state, "chat-history");
    assertEquals(Deno.readTextFileSync(file).includes("a2a2"), false);
    if (Deno.build.os !== "windows") assertEquals(Deno.statSync(file).mode! & 0o777, 0o600);
  }));

Deno.test("the file of entered lines stays small, and a torn or foreign row in it is no trouble", () =>
  inFolder((state) => {
    const file = join(state, "chat-history");
    const rows = Array.from({ length: 1_500 }, (_, i) => JSON.stringify({ text: `line ${i}` }));
    Deno.writeTextFileSync(file, `${rows.join("\n")}\nnull\n{"text":1}\n{"text":"torn`);
    const { lines } = new LineHistory(state);
    assertEquals([lines.length, lines.at(-1)!.text], [500, "line 1499"]);
    assertEquals(Deno.readTextFileSync(file).trim().split("\n").length, 500);
    Deno.writeTextFileSync(file, `${rows.join("\n")}\n`);
    const full = () => {
      throw new Error("no space left on device");
    };
    assertEquals(
      new LineHistory(state, full).lines.length,
      500,
      "a full disk takes no line from the arrow keys",
    );
    assertEquals(Deno.readTextFileSync(file).trim().split("\n").length, 1_500);
    Deno.removeSync(file);
    Deno.mkdirSync(file);
    const broken = new LineHistory(state);
    broken.add({ text: "x", pasted: false });
    assertEquals(broken.lines, []);
  }));

Deno.test("files are listed as far as they continue what was typed, and none disturbs the screen", () =>
  inFolder((folder) => {
    Deno.mkdirSync(join(folder, "notes"));
    for (const name of ["a.json", "ab.json", ".hidden", "a\x1b[2J", "b c"]) {
      Deno.writeTextFileSync(join(folder, name), "");
    }
    const list = (begun: string) =>
      listFiles(join(folder, begun)).map((path) => path.slice(folder.length + 1));
    assertEquals(listFiles(`${folder}/`).map((path) => path.slice(folder.length + 1)), [
      "a.json",
      "ab.json",
      "b c",
      "notes/",
    ]);
    assertEquals(list("a"), ["a.json", "ab.json"]);
    assertEquals(list(".h"), [".hidden"]);
    assertEquals(list("no/such"), []);
  }));
