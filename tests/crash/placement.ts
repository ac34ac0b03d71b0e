import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Step } from "../../lib/storage/testing.ts";

const PROGRAM = fromFileUrl(new URL("./placement_program.ts", import.meta.url));
const CONFIG = fromFileUrl(new URL("../../deno.json", import.meta.url));

/** Runs the program until it stops at the step, and kills it there. Returns the numbers that it acknowledged. */
export async function killAt(step: Step, count: number, folder: string): Promise<number[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", `--config=${CONFIG}`, "-P=test", PROGRAM, folder, step, `${count}`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (/^stopped$/m.test(output)) child.kill("SIGKILL");
  }
  await child.status;
  assert(/^stopped$/m.test(output) && !/^(nak|warning)/m.test(output), output);
  return [...output.matchAll(/^ack (\d+)$/gm)].map(([, seq]) => Number(seq));
}

/** Texts in the inbox: of documents by their number, of the stream's lines. No other file may be there. */
export function contents(inbox: string): { documents: string[]; lines: string } {
  const documents: [number, string][] = [];
  let lines = "";
  for (const { name } of Deno.readDirSync(join(inbox, "sender"))) {
    const text = Deno.readTextFileSync(join(inbox, "sender", name));
    if (/^log-\d{4}-\d\d-\d\d\.jsonl$/.test(name)) lines += text;
    else {
      assert(/^\d+\.json$/.test(name), name);
      documents.push([parseInt(name), text]);
    }
  }
  return { documents: documents.sort(([a], [b]) => a - b).map(([, text]) => text), lines };
}
