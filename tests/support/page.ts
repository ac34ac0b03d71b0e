import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** A page of the project, taken apart so that tests can hold it against the program. */
export class Page {
  /** The whole text. */
  readonly text: string;

  /** @param file path from the root of the project */
  constructor(readonly file: string) {
    this.text = Deno.readTextFileSync(join(ROOT, file));
  }

  /** Contents of the fenced blocks in a language, in the whole page or one of its sections. */
  blocks(language: string, text = this.text): string[] {
    return [...text.matchAll(new RegExp("^```" + language + "\\n([^]*?)^```", "gm"))].map(([, block]) =>
      block!
    );
  }

  /** Text from a heading (`## Limits`) to the next one of its level or a higher one. */
  section(heading: string): string {
    const start = this.text.indexOf(`\n${heading}\n`);
    assert(start >= 0, `${this.file} has no ${heading}`);
    const rest = this.text.slice(start + heading.length + 2);
    const end = rest.search(new RegExp(`^#{1,${heading.indexOf(" ")}} `, "m"));
    return end < 0 ? rest : rest.slice(0, end);
  }

  /** Rows of a table of a section, without its head. @param index 0 for the first table of the section */
  rows(heading: string, index = 0): string[][] {
    const table = [...this.section(heading).matchAll(/(?:^\|.*\n)+/gm)][index];
    assert(table, `${this.file} has no table ${index} in ${heading}`);
    return table[0].trim().split("\n").slice(2).map((line) =>
      line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"))
    );
  }

  /** Lines of the `sh` blocks, without comments and blank lines. */
  shellLines(): string[] {
    return this.blocks("sh").flatMap((block) => block.split("\n")).map((line) =>
      line.replace(/\s+#.*/, "").trim()
    )
      .filter((line) => line !== "" && !line.startsWith("#"));
  }

  /** Anchors of the headings, as links name them. */
  anchors(): string[] {
    return [...this.text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-")
    );
  }
}

/** The words in backticks. */
export function codeWords(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
}

/** The commands of a line of shell, each as its words. Knows comments, quotes and pipes. */
export function shellWords(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [, quoted, single, bare] of line.matchAll(/"([^"]*)"|'([^']*)'|#.*|([^\s"'#]+)/g)) {
    const word = quoted ?? single ?? bare;
    if (bare === "|") commands.push([]);
    else if (word !== undefined) commands.at(-1)!.push(word);
  }
  return commands.filter((command) => command.length > 0);
}
