import { assertEquals } from "@std/assert";
import { setColorEnabled } from "@std/fmt/colors";
import type { Context } from "../../../../lib/cli/command.ts";
import { eventPrinter, eventText } from "../../../../lib/cli/terminal/events.ts";
import type { PeerEvent } from "../../../../lib/peer/types.ts";
import { Printed } from "../printed.ts";

const BOB = { id: "bbbbbbaaaaaaaaaaaaaaaaaa", name: "bob" };

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

Deno.test("what becomes of own messages is printed as JSON only: for people it is a bare id", async () => {
  const events: PeerEvent[] = [
    { event: "delivered", id: "1", to: BOB, at: 1 },
    { event: "refused", id: "1", to: BOB, code: "quota", why: "full", at: 2 },
    { event: "chat", id: "2", from: BOB, to: "all", text: "hi", at: 3 },
  ];
  for (const json of [false, true]) {
    const printed = new Printed();
    const print = eventPrinter({ out: printed.output, config: { json } } as unknown as Context, [], true);
    for (const event of events) print(event);
    const text = await printed.text();
    assertEquals(text.trim().split("\n").length, json ? 3 : 1, text);
  }
});
