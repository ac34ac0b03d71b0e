import { assert, assertEquals } from "@std/assert";
import { setColorEnabled } from "@std/fmt/colors";
import { looksOf } from "../../../../lib/cli/terminal/look_alike.ts";
import { ScreenNames } from "../../../../lib/cli/terminal/screen_names.ts";
import { eventText } from "../../../../lib/cli/terminal/events.ts";

const BOB = { id: "bobaaa".padEnd(24, "a"), name: "bob" };
const ROBERT = { id: "robert".padEnd(24, "a"), name: "robert" };

function alike(a: string, b: string): boolean {
  const looks = looksOf(b);
  return looksOf(a).some((look) => looks.includes(look));
}

Deno.test("names that people may take for each other look alike", () => {
  const pairs = [
    ["bob", "BOB"],
    ["Zoë", "ZOE\u0308"],
    ["bob", "b\u043eb"], // Cyrillic o
    ["alice", "\u0430lice"], // Cyrillic a
    ["Kitchen", "\u039aitchen"], // Greek Kappa
    ["Hans", "\u0397ans"], // Greek Eta
    ["kitchen", "kitche\u03b7"], // Greek eta
    ["KITCHEN", "\u041aI\u0422\u0421\u041d\u0415N"],
    ["bob", "\uff42\uff4f\uff42"], // full width
    ["bob", "\u{1d41b}\u{1d428}\u{1d41b}"], // mathematical
    ["lab-pc", "lab\u2010pc"],
    ["lab pc", "lab  pc"],
    ["node0", "nodeO"],
    ["node1", "nodel"],
    ["node1", "nodeI"],
    ["Ilse", "llse"],
    ["barn", "bam"],
    ["Zoe", "Zoë"],
    ["paypal", "\u0440\u0430\u0443\u0440\u0430\u04cf"],
  ];
  for (const [a, b] of pairs) assert(alike(a!, b!), `${a} ${b}`);
  for (const [a, b] of [["bob", "rob"], ["lab-1", "lab-2"], ["実験室", "実験"], ["anna", "hanna"]]) {
    assert(!alike(a!, b!), `${a} ${b}`);
  }
});

Deno.test("a name on screen that is or looks like another one is shown with the beginning of the id", () => {
  const names = new ScreenNames();
  assertEquals(names.text(BOB), "bob");
  names.see(ROBERT);
  assertEquals(names.text(BOB), "bob");
  const twin = { id: "twinaa".padEnd(24, "a"), name: "B\u043eb" };
  assertEquals(names.text(twin), "B\u043eb (twinaa)");
  assertEquals(names.text(BOB), "bob (bobaaa)", "from then on");
  assertEquals(names.text(ROBERT), "robert");
  const near = { id: "bobaaa".padEnd(24, "b"), name: "bob" };
  assertEquals(names.text(near), `bob (${near.id.slice(0, 12)})`, "as much as tells them apart");
  assertEquals(names.text(BOB), `bob (${BOB.id.slice(0, 12)})`);
});

Deno.test("a name that poses as a name with an id, or as what somebody says, is shown with the id behind it", () => {
  const names = new ScreenNames();
  for (
    const name of ["bob (bobaaa)", "bob to you", "bob: hi", "bob\uff1ahi", "bob · readings", "bob \u2022 t"]
  ) {
    assertEquals(names.text({ ...ROBERT, name }), `${name} (robert)`);
  }
  assertEquals(names.text(BOB), "bob");
});

Deno.test("who took a name that was somebody's on this screen is told apart from the one before", () => {
  setColorEnabled(false);
  const names = new ScreenNames();
  const at = 0;
  const peer = { event: "peer", kind: "linux", address: "", at } as const;
  names.seeIn({ ...peer, state: "up", ...BOB });
  names.seeIn({ ...peer, state: "renamed", ...BOB, name: "robert", was: "bob" });
  names.seeIn({ ...peer, state: "up", id: ROBERT.id, name: "bob" });
  const chat = {
    at,
    event: "chat",
    id: "x",
    from: { id: ROBERT.id, name: "bob" },
    to: "you",
    text: "hi",
  } as const;
  assertEquals(eventText(chat, names.text), "bob (robert) to you: hi");
  assertEquals(eventText(chat), "bob to you: hi");
  names.seeIn({ event: "ready", id: BOB.id, name: "me", group: "g", port: 1, inbox: "", interfaces: [], at });
  assertEquals(names.text({ ...ROBERT, name: "ME" }), "ME (robert)", "one's own name");
});

Deno.test("however many names come and go, little is remembered, and the last ones are", () => {
  const names = new ScreenNames();
  names.see(BOB);
  for (let i = 0; i < 20_000; i++) names.see({ id: `${i}`.padEnd(24, "a"), name: `n-${i}-x` });
  for (let i = 0; i < 1_000; i++) names.see({ id: `${i}`.padEnd(24, "b"), name: "crowd" });
  assertEquals(names.text(BOB), "bob");
  assertEquals(names.text({ ...ROBERT, name: "n-19999-x" }), "n-19999-x (robert)");
  assertEquals(names.text({ ...ROBERT, name: "crowd" }), "crowd (robert)");
});
