import { assertEquals } from "@std/assert";
import { PeerTable } from "../../../../lib/cli/peers/peer_table.ts";
import { clockText, plainName } from "../../../../lib/cli/terminal/text.ts";
import { useColors } from "../../../../lib/cli/terminal/theme.ts";
import type { PeerInfo } from "../../../../lib/peer/types.ts";

const AT = Date.UTC(2026, 0, 1, 12, 0);
const KITCHEN: PeerInfo = {
  id: "kkkkkkaaaaaaaaaaaaaaaaaa",
  name: "kit\x1bchen",
  kind: "esp32",
  address: "192.0.2.1:3333",
  state: "up",
  lastSeen: AT - 3_000,
  known: false,
};

Deno.test("the table tells since when a peer is in its state, when it was heard, and its last reading", () => {
  useColors(false);
  const table = new PeerTable(plainName);
  const readings = new Map([[KITCHEN.id, { stream: "readings", text: "21.5 °C" }]]);
  const [before, later] = [clockText(AT), clockText(AT + 60_000)];
  assertEquals(table.lines([KITCHEN], new Map(), AT), [
    "name      kind   address         since         heard    state  reading",
    `kit\u241bchen  esp32  192.0.2.1:3333  before ${before}  3 s ago  up`,
  ]);
  const gone = { ...KITCHEN, state: "gone" } as const;
  assertEquals(
    table.lines([gone], readings, AT + 60_000)[1],
    `kit\u241bchen  esp32  192.0.2.1:3333  ${later}  63 s ago  gone   readings: 21.5 °C`,
  );
  assertEquals(table.lines([gone], readings, AT + 120_000)[1]!.includes(later), true);
  const twins = { ...KITCHEN, twins: true } as const;
  assertEquals(table.lines([twins], new Map(), AT)[1]!.endsWith("up, two share this identity"), true);
});

Deno.test("peers that are no longer listed cost the table no memory; they come back as new ones", () => {
  useColors(false);
  const table = new PeerTable(plainName);
  table.lines([KITCHEN], new Map(), AT);
  const nobody = table.lines([], new Map(), AT);
  assertEquals(nobody[0], "Nobody yet.");
  assertEquals(
    nobody.at(-1),
    "a peer on another network is named by --peer HOST.",
    "narrow windows cut no hint",
  );
  const later = AT + 60_000;
  assertEquals(table.lines([KITCHEN], new Map(), later)[1]!.includes(`  ${clockText(later)}  `), true);
});

Deno.test("while it is listened, the frame says so, and who is found was there before", () => {
  useColors(false);
  const table = new PeerTable(plainName);
  assertEquals(table.lines([], new Map(), AT, true), ["Listening for peers."]);
  assertEquals(table.lines([KITCHEN], new Map(), AT, true)[1]!.includes(`before ${clockText(AT)}`), true);
  assertEquals(new PeerTable(plainName).lines([], new Map(), AT)[0], "Nobody yet.");
  table.lines([KITCHEN], new Map(), AT);
  const late = { ...KITCHEN, id: "l".repeat(24) };
  assertEquals(table.lines([late], new Map(), AT)[1]!.includes("before"), false);
});
