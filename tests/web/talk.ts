// Peers, talk, questions and health on the page, as they come.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page, Tab } from "../support/browser.ts";
import { assertAccessible, assertFits } from "./accessibility.ts";
import {
  assertQuiet,
  message,
  openPage,
  pageTest,
  sayPlain,
  show,
  shown,
  until,
  type WebLab,
  webTest,
} from "./lab.ts";

/** Goes to what is said between anna and a peer, or with everyone. */
async function talkTo(page: Page, peer: string): Promise<void> {
  await page.getByRole("complementary", { name: "Peers" }).getByRole("link", { name: peer }).first().click();
  await page.getByRole("main").getByRole("heading", { level: 1, name: peer }).waitFor();
}

/** The sign beside a peer that one message of it is unread. */
function unreadOf(page: Page, peer: string) {
  return page.getByRole("complementary", { name: "Peers" }).getByRole("listitem").filter({ hasText: peer })
    .getByText("1 unread");
}

/** Types a message and sends it with Enter. */
async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.keyboard.press("Enter");
}

pageTest(
  "the list of peers shows who is here and the last reading of a board; more is told of each",
  async (lab, page) => {
    const { oven, ids } = lab;
    const side = page.getByRole("complementary", { name: "Peers" });
    assertMatch(await side.getByRole("heading").first().innerText(), /Peers\s*3/);
    const entry = side.getByRole("listitem").filter({ hasText: "oven" });
    await oven.order('stream anna readings {"celsius":21.5}');
    await entry.getByText("21.5").waitFor();
    const members = Array.from({ length: 9 }, (_, n) => `"s${n}":${n}`).join();
    await oven.order(`stream anna readings {"probe":{"depth":1.25},${members}}`);
    await entry.getByText("probe.depth 1.25, s0 0").waitFor();
    await side.getByRole("link", { name: "About oven" }).click();
    const facts = page.locator(".peer.open dl");
    await facts.waitFor();
    const line = page.getByRole("main").getByRole("listitem").filter({ hasText: "oven" });
    assertMatch(await line.innerText(), /heard \d+ s ago[^]*host, here since before \d/);
    const text = await facts.innerText();
    for (
      const fact of [
        ids.oven!,
        "host",
        "session",
        "Last heard",
        "Since",
        "readings: probe.depth 1.25",
        "s8 8",
        "not known",
      ]
    ) {
      assert(text.includes(fact), `${fact} is missing:\n${text}`);
    }
    const addresses = [lab.lan.address("oven", 4), lab.lan.address("oven", 6)];
    assert(addresses.some((address) => text.includes(address)), text);
  },
);

pageTest(
  "who comes through the plain gateway is shown apart from peers, as what nobody can vouch for, with its documents",
  async (lab, page) => {
    const name = await sayPlain(lab, "hello from a socket");
    await message(page, "hello from a socket").getByText("(unauthenticated)").waitFor();
    await sayPlain(lab, '{"socket":1}');
    const side = page.getByRole("complementary", { name: "Peers" });
    const visitors = { name: "Through the plain gateway" };
    await side.getByRole("list", visitors).getByRole("listitem").filter({ hasText: name })
      .getByText("(unauthenticated)").waitFor();
    assertMatch(await side.getByRole("heading").first().innerText(), /Peers\s*3/, "it is no peer");
    await side.getByRole("link", { name: "About oven" }).click();
    const main = page.getByRole("main");
    await main.locator(".peer.open dl").waitFor();
    const visitor = main.getByRole("list", visitors).getByRole("listitem").filter({ hasText: name });
    assertMatch(await visitor.innerText(), /\(unauthenticated\)[^]*heard/);
    await main.getByText("They have no key").waitFor();
    await assertAccessible(page, "peers, a board's facts, and somebody without a key");
    await assertFits(page, "peers");
    await visitor.getByRole("link", { name: `Documents of ${name}` }).click();
    await page.getByRole("listbox", { name: "Documents" }).getByRole("option").filter({ hasText: name })
      .first()
      .waitFor();
  },
);

pageTest(
  "what is said to everyone and to one alone arrives both ways, and is there after a reload",
  async (lab, page) => {
    const { oven, ids } = lab;
    await oven.order("say all hot in here");
    await message(page, "hot in here").getByText("oven").first().waitFor();
    await say(page, "open the window");
    await oven.heard(new RegExp(`^chat ${ids.anna} all open the window$`));
    await message(page, "open the window").getByRole("status").getByText(/delivered/i).waitFor();
    await talkTo(page, "oven");
    await say(page, "only for you");
    await oven.heard(new RegExp(`^chat ${ids.anna} you only for you$`));
    await oven.order("say anna only for you too");
    await message(page, "only for you too").waitFor();
    assertEquals(await message(page, "hot in here").count(), 0);
    await page.reload();
    await message(page, "only for you too").waitFor();
    await message(page, "only for you").first().waitFor();
    await talkTo(page, "Everyone");
    await message(page, "hot in here").waitFor();
    assertEquals(await message(page, "only for you").count(), 0);
  },
);

pageTest(
  "what nobody has read yet is counted beside its conversation until it is opened",
  async (lab, page) => {
    await talkTo(page, "Everyone");
    await lab.pump.order("say anna tank is full");
    const unread = unreadOf(page, "pump");
    await unread.waitFor();
    await page.getByRole("link", { name: /^Talk 1 unread/ }).waitFor();
    assertMatch(await page.title(), /^\(1\) /);
    await talkTo(page, "pump");
    await message(page, "tank is full").waitFor();
    await unread.waitFor({ state: "hidden" });
    await until(page, "!document.title.startsWith('(')");
  },
);

webTest("what is read before this browser has its marks is not unread afterwards", async (lab) => {
  await using tab = await openPage(lab, lab.web);
  const { page } = tab;
  const talk = page.getByRole("link", { name: /^Talk 1 unread/ });
  await lab.pump.order("say anna one for the marks");
  await talk.waitFor();
  const looked = Promise.withResolvers<void>();
  await page.route(/\/api\/messages\?.*direction=received/, async (route) => {
    await looked.promise;
    await route.continue();
  });
  await page.reload();
  await talkTo(page, "pump");
  await message(page, "one for the marks").waitFor();
  await talkTo(page, "Everyone");
  looked.resolve();
  await lab.oven.order("say anna and one more");
  await unreadOf(page, "oven").waitFor();
  await talk.waitFor();
  assertQuiet(tab, lab.web);
});

webTest("who was not asked for notifications yet can allow them, by a button that then goes", async (lab) => {
  await using tab = await lab.browser.tab();
  const { page } = tab;
  // Nobody answers the question of this browser.
  await page.addInitScript(`
    globalThis.Notification = class { static permission = "default"; };
    Notification.requestPermission = async () => Notification.permission = "granted";
  `);
  await page.goto(lab.web.address);
  const button = page.getByRole("button", { name: "Notify me" });
  await button.click();
  await button.waitFor({ state: "detached" });
  assertEquals(await page.evaluate("Notification.permission"), "granted");
  assertQuiet(tab, lab.web);
});

/** Opens the page in a tab that tells of what it notifies its user, and is hidden whenever `isAway` is true. */
async function openSeen({ browser }: WebLab, isAway = false): Promise<Tab> {
  const tab = await browser.tab({ permissions: ["notifications"] });
  // No window of this browser is ever hidden, and nobody would see what it shows.
  await tab.page.addInitScript(`
    globalThis.isAway = ${isAway};
    globalThis.told = [];
    globalThis.Notification = class { static permission = "granted"; constructor(title, { body }) { told.push([title, body]); } };
    Object.defineProperty(document, "hidden", { get: () => isAway });
    Object.defineProperty(document, "visibilityState", { get: () => isAway ? "hidden" : "visible" });
  `);
  return tab;
}

webTest("a hidden tab tells of what is said, once the user allowed it", async (lab) => {
  await using tab = await openSeen(lab);
  await tab.page.goto(lab.web.address);
  await tab.page.getByRole("log", { name: "Messages" }).waitFor();
  // What is there when a browser begins to mark what was read counts as read.
  await until(tab.page, "Object.keys(localStorage).some((key) => key.startsWith('earshot.read.'))");
  await lab.oven.order("say all not for hidden eyes");
  await message(tab.page, "not for hidden eyes").waitFor();
  await tab.page.evaluate(
    "isAway = true; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))",
  );
  await lab.oven.order("say all ready to eat");
  await until(tab.page, "told.length > 0");
  assertEquals(await tab.page.evaluate("told"), [["oven", "ready to eat"]]);
  assertQuiet(tab, lab.web);
});

webTest(
  "what comes to a hidden tab before this browser has marked anything as read is unread",
  async (lab) => {
    await using tab = await openSeen(lab, true);
    const { page } = tab;
    await lab.oven.order("say all before there was a tab");
    await lab.oven.heard(/^delivered/);
    const held = Promise.withResolvers<void>();
    await page.route(/\/api\/messages/, async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.goto(lab.web.address);
    await shown(page);
    await lab.oven.order("say all nobody saw this");
    await message(page, "nobody saw this").waitFor();
    held.resolve();
    await until(page, "told.length > 0");
    assertEquals(await page.evaluate("told"), [["oven", "nobody saw this"]]);
    await message(page, "before there was a tab").waitFor();
    assertMatch(await page.title(), /^\(1\) /);
    await page.evaluate(
      "isAway = false; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))",
    );
    await until(page, "!document.title.startsWith('(')");
    assertQuiet(tab, lab.web);
  },
);

pageTest("a question is answered, and stays with its answer among those asked before", async (lab, page) => {
  await show(page, "Ask");
  await page.getByRole("checkbox", { name: "oven" }).check();
  await page.getByRole("textbox", { name: "Question" }).fill('{"cmd":"info","mark":"q1"');
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByRole("main").getByRole("status").filter({ hasText: /line 1/ }).waitFor();
  await page.getByRole("textbox", { name: "Question" }).fill('{"cmd":"info","mark":"q1"}');
  await page.keyboard.press("Control+Enter");
  await lab.oven.heard(/q1/);
  await page.getByRole("region", { name: "Answers" }).getByRole("heading", { name: "oven" }).waitFor();
  const before = page.getByRole("region", { name: "Asked before" });
  await before.getByRole("button", { name: /q1/ }).click();
  await before.getByRole("heading", { name: "oven" }).waitFor();
});

pageTest("the doctor's findings are listed", async (_lab, page) => {
  await show(page, "Health");
  await page.getByRole("main").getByText(/^(Found: .*|Nothing is wrong.*)/).waitFor();
  assert(await page.locator(".finding").count() > 3);
});

webTest(
  "a page on the network, whose program is the peer itself, works alike; that nothing is encrypted is said",
  async (lab) => {
    const { alone, oven, ids } = lab;
    assertMatch(alone.program.stderr, /nothing is encrypted/);
    assertEquals(new URL(alone.origin).hostname, lab.lan.address("bert", 4));
    await using tab = await openPage(lab, alone);
    await say(tab.page, "from bert");
    await oven.heard(new RegExp(`^chat ${ids.bert} all from bert$`));
    await oven.order("say bert to bert");
    await talkTo(tab.page, "oven");
    await message(tab.page, "to bert").waitFor();
    assertQuiet(tab, alone);
  },
);
