import { assertEquals } from "@std/assert";
import type { Context } from "../../../../lib/cli/command.ts";
import { documentText, exitCodeOf, printResults, resultText } from "../../../../lib/cli/messages/results.ts";
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
  const wayOut = `The same command with --id ${ID} resumes it; it does not arrive twice.`;
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

function result(status: DeliveryResult["status"], more: Partial<DeliveryResult> = {}): DeliveryResult {
  return { id: "ID", to: BOB, status, ...more };
}

Deno.test("the exit code is that of the worst result that the user must act on", () => {
  const cases: [DeliveryResult["status"][], number][] = [
    [["delivered"], 0],
    [["delivered", "queued"], 0],
    [["delivered", "unknown"], 1],
    [["delivered", "unreachable"], 1],
    [["unknown"], 1],
    [["unreachable"], 3],
    [["unreachable", "unreachable"], 3],
    [["delivered", "refused"], 4],
    [["unreachable", "refused"], 4],
  ];
  for (const [statuses, code] of cases) {
    assertEquals(exitCodeOf(statuses.map((status) => result(status))), code, statuses.join());
  }
});

Deno.test("what became of a document is told with the way out", () => {
  assertEquals(resultText("a.json", result("delivered")), "Delivered a.json to bob.");
  assertEquals(
    resultText("a.json", result("refused", { code: "quota", why: "full" })),
    "bob refused a.json: quota: full.",
  );
  assertEquals(
    resultText("a line", result("unknown")),
    "bob did not acknowledge a line in time; it may have arrived.",
  );
  assertEquals(
    documentText("a.json", result("unknown")),
    "bob did not acknowledge a.json in time; it may have arrived. " +
      "The same command with --id ID resumes it; it does not arrive twice.",
  );
});

Deno.test("what a recipient cannot take for now is told with its reason, and is no success", () => {
  const full = { code: "quota", why: "The inbox holds its limit of 1 GiB." };
  const cases: [DeliveryResult["status"], string][] = [
    ["queued", "It waits in the outbox (id ID)."],
    ["unreachable", "It was withdrawn."],
    ["unknown", "It may arrive later."],
  ];
  for (const [status, end] of cases) {
    const what = result(status, full);
    assertEquals(
      resultText("a.json", what),
      `bob cannot take a.json now: quota: The inbox holds its limit of 1 GiB. ${end}`,
    );
    assertEquals(exitCodeOf([what]), 1, status);
  }
});

Deno.test("what the user withdrew while it waited is told as that: nobody was out of reach, and nothing can be resumed", () => {
  const cases: [Partial<DeliveryResult> & Pick<DeliveryResult, "status">, string][] = [
    [{ status: "unreachable" }, "Withdrawn: nothing of a.json was sent to bob."],
    [
      { status: "unknown", why: "it may have arrived before" },
      "Withdrawn: nothing of a.json is sent to bob any more; it may have arrived before.",
    ],
  ];
  for (const [{ status, why }, text] of cases) {
    const withdrawn = result(status, { code: "withdrawn", why });
    assertEquals(documentText("a.json", withdrawn), text);
    assertEquals(exitCodeOf([withdrawn]), 1);
  }
});
