import type { Findings, Task } from "./tasks.ts";

/** A task with how it went. */
export interface Section {
  readonly task: Task;
  readonly screens: ReadonlyMap<string, string>;
  /** What it found, or why it failed. */
  readonly outcome: { readonly findings: Findings } | { readonly failure: string };
}

/** Writes the report as Markdown. @param machine what it was made on */
export function reportOf(sections: readonly Section[], machine: readonly string[]): string {
  const parts = [
    "# Evidence",
    "Made by `deno task evidence`: real programs and a board on hosts of their own (network namespaces on one " +
    "bridge). Lines after `$` were run, lines after `>` were typed into the running program; the others are what the " +
    "host showed.",
    machine.map((line) => `- ${line}`).join("\n"),
    tableOf([
      ["task", "result"],
      ...sections.map(({ task, outcome }) => [task.title, "failure" in outcome ? "**failed**" : "shown"]),
    ]),
    ...sections.map(sectionText),
  ];
  return parts.join("\n\n") + "\n";
}

function sectionText({ task, screens, outcome }: Section): string {
  const parts = [`## ${task.title}`];
  if ("failure" in outcome) parts.push("**Failed:**", fenced(outcome.failure));
  else parts.push(...outcome.findings.notes);
  for (const [host, screen] of screens) parts.push(`On ${host}:`, fenced(screen));
  if ("findings" in outcome) {
    const { files, table, picture } = outcome.findings;
    if (files) {
      parts.push(tableOf([
        ["sent", "saved", "bytes", "SHA-256 at the sender", "SHA-256 at the receiver"],
        ...files.map((file) => [file.sent, file.saved, `${file.bytes}`, file.sentHash, file.savedHash]),
      ]));
    }
    if (table) parts.push(tableOf(table));
    if (picture) parts.push(`![${picture.caption}](${picture.name})`, picture.caption);
  }
  return parts.join("\n\n");
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return [head, `|${" --- |".repeat(rows[0]!.length)}`, ...body].join("\n");
}

function fenced(text: string): string {
  return "```text\n" + text.replaceAll("```", "'''") + "\n```";
}
