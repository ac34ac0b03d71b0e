import { assertEquals } from "@std/assert";
import { setColorEnabled } from "@std/fmt/colors";
import { documentText, exitCodeOf, resultText } from "../../../../lib/cli/messages/results.ts";
import { table } from "../../../../lib/cli/terminal/table.ts";
import { agoText, eventText, quoted } from "../../../../lib/cli/terminal/text.ts";
import type { DeliveryResult, PeerEvent } from "../../../../lib/peer/types.ts";

const BOB = { id: "bbbbbbaaaaaaaaaaaaaaaaaa", name: "bob" };

function result(status: DeliveryResult["status"], more: Partial<DeliveryResult> = {}): DeliveryResult {
  return { id: "ID", to: BOB, status, ...more };
}

function plain(event: PeerEvent): string {
  setColorEnabled(false);
  return eventText(event);
}

Deno.test("an event is a line, and nothing in it passes for somebody else's line or a terminal command", () => {
  const chat = { at: 0, event: "chat", id: "x", from: BOB, to: "all" } as const;
  assertEquals(plain({ ...chat, text: "hi" }), "bob: hi");
  assertEquals(plain({ ...chat, to: "you", text: "hi" }), "bob to you: hi");
  assertEquals(plain({ ...chat, text: "hi\neve: ho" }), "bob: hi\n    eve: ho");
  assertEquals(plain({ ...chat, text: "\x1b[2Jhi" }), "bob: \u241b[2Jhi");
  assertEquals(
    plain({ at: 0, event: "peer", state: "up", ...BOB, kind: "linux", address: "192.0.2.1:3333" }),
    "+ bob (bbbbbb) is here (linux, 192.0.2.1:3333)",
  );
  assertEquals(
    plain({ at: 0, event: "peer", state: "gone", ...BOB, kind: "linux", address: "", why: "silent" }),
    "- bob (bbbbbb) is gone: silent",
  );
  assertEquals(
    plain({
      at: 0,
      event: "peer",
      state: "renamed",
      ...BOB,
      name: "rob\u202ert",
      was: "b\x1bob",
      kind: "",
      address: "",
    }),
    "* b\u241bob (bbbbbb) is now called rob\ufffdrt",
  );
  assertEquals(
    plain({ at: 0, event: "document", id: "x", from: BOB, name: "a\n.json", path: "/in/a.json", size: 2048 }),
    "bob sent a .json (2 kiB): /in/a.json",
  );
  assertEquals(
    plain({ at: 0, event: "refused", id: "x", to: BOB, code: "quota", why: "\x07full" }),
    "! bob (bbbbbb) refused x: quota: \u2407full",
  );
});

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
      "The same command with --id ID takes it up again without doubling it.",
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

Deno.test("columns are aligned by characters", () => {
  assertEquals(table([["ü", "b"], ["aaa", "c"]]), ["ü    b", "aaa  c"]);
});

Deno.test("times are told as people count them", () => {
  assertEquals([5_000, 600_000, 7_200_000, 3 * 86_400_000, -5].map(agoText), [
    "5 s ago",
    "10 min ago",
    "2 h ago",
    "3 days ago",
    "0 s ago",
  ]);
});

Deno.test("a line is quoted by its beginning, and nothing in it passes for a terminal command", () => {
  assertEquals(quoted(" lunch? "), '"lunch?"');
  assertEquals(quoted("x".repeat(40)), `"${"x".repeat(40)}"`);
  assertEquals(quoted("😀".repeat(41)), `"${"😀".repeat(40)}…"`);
  assertEquals(quoted("a\nb\x1b[2J"), '"a b\u241b[2J"');
});
