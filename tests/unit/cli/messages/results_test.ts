import { assertEquals } from "@std/assert";
import type { Context } from "../../../../lib/cli/command.ts";
import { printResults } from "../../../../lib/cli/messages/results.ts";
import type { DeliveryResult } from "../../../../lib/peer/types.ts";

const ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const BOB = { id: "b".repeat(24), name: "bob" };

/** What is printed of a result, the user having ended the command or not. */
function printed(result: Omit<DeliveryResult, "id" | "to">, isInterrupted: boolean): string[] {
  const lines: string[] = [];
  const output = { line: (text: string) => void lines.push(text) };
  const controller = new AbortController();
  if (isInterrupted) controller.abort();
  const context = {
    config: {},
    out: output,
    err: output,
    interrupted: controller.signal,
  } as unknown as Context;
  printResults(context, "a.json", [{ id: ID, to: BOB, ...result }]);
  return lines;
}

Deno.test("what the user has ended is not told as a recipient's slowness", () => {
  const wayOut = `The same command with --id ${ID} takes it up again without doubling it.`;
  assertEquals(printed({ status: "unknown" }, false), [
    `earshot: bob did not acknowledge a.json in time; it may have arrived. ${wayOut}`,
  ]);
  assertEquals(printed({ status: "unknown" }, true), [
    `earshot: Interrupted before bob had acknowledged a.json; it may arrive. ${wayOut}`,
  ]);
  assertEquals(printed({ status: "unreachable", why: "closed" }, true), [
    "earshot: Interrupted before a.json was sent to bob.",
  ]);
  assertEquals(printed({ status: "refused", code: "too-large" }, true), [
    "earshot: bob refused a.json: too-large.",
  ]);
  assertEquals(printed({ status: "delivered" }, true), ["Delivered a.json to bob."]);
});
