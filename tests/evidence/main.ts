// `deno task evidence [--to FOLDER] [--stop HOST]`: shows that everything works, for real, and writes a report with what
// was typed, what was seen and what was saved. Exit code 1 if anything failed; the report says what. `--stop` ends the
// peer of a host first, to show that a failure is told.

import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { withStage } from "./stage.ts";
import { type Findings, TASKS } from "./tasks.ts";
import { reportOf, type Section } from "./report.ts";

const FOLDER = fromFileUrl(new URL("../../dist/evidence/", import.meta.url));
const options = { string: ["to", "stop"] };
const { to = FOLDER, stop } = parseArgs(Deno.args, options) as { to?: string; stop?: string };

const sections: Section[] = [];
await withStage(stop, async (stage) => {
  for (const task of TASKS) {
    const outcome = await attempt(() => task.run(stage));
    sections.push({ task, outcome, screens: stage.takeScreens() });
    console.log("failure" in outcome ? `FAILED ${task.title}: ${outcome.failure}` : `shown  ${task.title}`);
  }
});

await Deno.mkdir(to, { recursive: true });
for (const { outcome } of sections) {
  const picture = "findings" in outcome ? outcome.findings.picture : undefined;
  if (picture) await Deno.writeTextFile(join(to, picture.name), picture.svg);
}
await Deno.writeTextFile(join(to, "report.md"), reportOf(sections, machine()));
const failed = sections.filter(({ outcome }) => "failure" in outcome).length;
console.log(`${sections.length - failed} shown, ${failed} failed: ${join(to, "report.md")}`);
Deno.exit(failed > 0 ? 1 : 0);

async function attempt(work: () => Promise<Findings>): Promise<Section["outcome"]> {
  try {
    return { findings: await work() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : `${error}` };
  }
}

function machine(): string[] {
  return [
    `Date: ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    `Machine: ${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}, ${navigator.hardwareConcurrency} cores`,
    `Deno ${Deno.version.deno}`,
  ];
}
