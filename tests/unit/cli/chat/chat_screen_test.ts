import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ChatScreen } from "../../../../lib/cli/chat/chat_screen.ts";
import { ScreenNames } from "../../../../lib/cli/terminal/screen_names.ts";
import { clockText } from "../../../../lib/cli/terminal/text.ts";
import { useColors } from "../../../../lib/cli/terminal/theme.ts";
import type { PeerEvent } from "../../../../lib/peer/types.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const KITCHEN = { id: "kkkkkkaaaaaaaaaaaaaaaaaa", name: "kitchen" };

function screen(options: { columns?: number; times?: boolean; draws?: boolean } = {}) {
  useColors(false);
  const clock = new FakeClock();
  const printed: string[] = [];
  const status: string[][] = [];
  const shown = new ChatScreen({
    names: new ScreenNames(),
    clock,
    columns: () => options.columns ?? 80,
    times: options.times,
    prompt: {
      print: (text) => void printed.push(...text.split("\n")),
      ...(options.draws === false ? {} : { status: (lines) => void status.push([...lines]) }),
    },
  });
  return { clock, printed, status, shown };
}

function change(n: number, state: "up" | "gone" = "up"): PeerEvent {
  const id = `${n}`.padStart(24, "a").replaceAll(/[0189]/g, "b");
  return { event: "peer", at: 0, state, id, name: `p${n}`, kind: "linux", address: `192.0.2.${n}:3333` };
}

Deno.test("a class of 30 that arrives within moments is one line; a few have a line each", () => {
  const { clock, printed, shown } = screen();
  for (let n = 1; n <= 30; n++) {
    shown.show({ ...change(n), id: `peer${n}`.padEnd(24, "x") } as PeerEvent);
    clock.advanceSync(50);
  }
  assertEquals(printed, []);
  clock.advanceSync(300);
  assertEquals(printed, ["+ 30 peers are here: p1, p2, p3, p4, p5, p6, p7, p8 and 22 more"]);
  printed.length = 0;
  shown.show(change(2, "gone"));
  shown.show(change(3));
  clock.advanceSync(2_000);
  assertEquals(printed.map((line) => line.replace(/ \(.*?\)/, "")), [
    "+ p3 is here (linux, 192.0.2.3:3333)",
    "- p2 is gone",
  ]);
});

Deno.test("a line about peers waits two seconds at most, and never behind what they say or do next", () => {
  const { clock, printed, shown } = screen();
  for (let n = 0; n < 20; n++) {
    shown.show({ ...change(2), id: `${n}`.padEnd(24, "x") } as PeerEvent);
    clock.advanceSync(200);
  }
  assertEquals(printed.length > 0, true);
  printed.length = 0;
  clock.advanceSync(2_000);
  printed.length = 0;
  shown.show(change(2));
  const { id, name } = change(2) as Extract<PeerEvent, { event: "peer" }>;
  shown.show({ event: "chat", at: 0, id: "x", from: { id, name }, to: "all", text: "hi" });
  shown.show(change(3));
  shown.show(change(3, "gone"));
  shown.close();
  assertEquals(printed.map((line) => line.slice(0, 4)), ["+ p2", "p2 (", "+ p3", "- p3"]);
});

Deno.test("the readings of a board are one line that changes, and stay as one when it leaves", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "readings.jsonl");
    const { clock, printed, status, shown } = screen();
    const reading = (celsius: number) => {
      Deno.writeTextFileSync(path, `{"celsius":${celsius},"dbm":-40}\n`, { append: true });
      shown.show({
        event: "document",
        at: clock.wall(),
        id: "x",
        from: KITCHEN,
        name: "readings.jsonl",
        path,
        size: 28,
        stream: "readings",
      });
    };
    reading(20);
    clock.advanceSync(100);
    assertEquals(status, [["kitchen · readings: 20 °C, -40 dBm, 0 s ago"]]);
    for (let n = 0; n < 56; n++) reading(21.5);
    clock.advanceSync(100);
    assertEquals(status.length, 2, "readings that come at once are drawn at once");
    clock.advanceSync(12_000);
    assertEquals(status.at(-1), ["kitchen · readings: 21.5 °C, -40 dBm, 12 s ago (×57)"]);
    assertEquals(printed, []);
    shown.show({ event: "peer", at: 0, state: "gone", ...KITCHEN, kind: "esp32", address: "" });
    clock.advanceSync(100);
    assertEquals(status.at(-1), [], "its line does not stay beside the last one");
    clock.advanceSync(2_000);
    assertEquals(printed, [
      "kitchen · readings: 21.5 °C, -40 dBm, 12 s ago (×57)",
      "- kitchen (kkkkkk) is gone",
    ]);
    reading(3);
    clock.advanceSync(16 * 60_000);
    assertEquals(printed.at(-1), "kitchen · readings: 3 °C, -40 dBm, 15 min ago");
    assertEquals(status.at(-1), [], "what was silent long no longer takes a row");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a document is shown with its first bytes, which command no terminal; in one that only prints, readings too", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.json");
    Deno.writeTextFileSync(path, `{"a":\n  "\x1b[2J${"x".repeat(200)}"}`);
    const event: PeerEvent = {
      event: "document",
      at: 0,
      id: "x",
      from: KITCHEN,
      name: "a.json",
      path,
      size: 9,
    };
    const { printed, shown } = screen({ columns: 24 });
    shown.show(event);
    assertEquals(printed, [`kitchen sent a.json (9 B): ${path}`, '    {"a": "\u241b[2Jxxxxxxx…']);
    printed.length = 0;
    shown.show({ ...event, path: join(folder, "gone") });
    assertEquals(printed.length, 1, "a file that was moved away is no trouble");
    const plain = screen({ draws: false });
    plain.shown.show({ ...event, stream: "s" });
    assertEquals(plain.printed, [`kitchen sent a.json (9 B): ${path}`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--times begins lines with their time, but not in a narrow window", () => {
  const at = Date.UTC(2026, 0, 1, 12, 34);
  const chat: PeerEvent = { event: "chat", at, id: "x", from: KITCHEN, to: "all", text: "hi" };
  for (const [columns, line] of [[80, `${clockText(at)} kitchen: hi`], [50, "kitchen: hi"]] as const) {
    const { printed, shown } = screen({ columns, times: true });
    shown.show(chat);
    assertEquals(printed, [line]);
  }
});
