// How the page looks in every view, in both schemes and on a phone, of which the pictures are in dist/web/ afterwards; how
// it is used with keys alone, and in many tabs.

import { assertAccessible, assertFits } from "./accessibility.ts";
import { assert } from "@std/assert";
import type { Locator, Page } from "../support/browser.ts";
import {
  assertQuiet,
  message,
  openPage,
  pageTest,
  picture,
  sayPlain,
  show,
  shown,
  until,
  VIEWS,
  type WebLab,
  webTest,
} from "./lab.ts";

/** Ways to look at it. */
const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  phone: {
    colorScheme: "light",
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  },
} as const;

let filled: Promise<void> | undefined;

/** Gives every view something to show, once. */
async function fill(lab: WebLab): Promise<void> {
  const { anna, oven, pump } = lab;
  for (const [minute, celsius] of [21.4, 22.8, 24.1, 23.5].entries()) {
    const t = Math.round(Date.now() / 1000) - 600 + minute * 60;
    await oven.order(
      `stream anna readings {"t":${t},"celsius":${celsius},"power":{"watts":${800 + minute}}}`,
    );
    await pump.order(`stream anna readings {"t":${t},"celsius":${celsius - 6}}`);
    await oven.heard(/^delivered/);
    await pump.heard(/^delivered/);
  }
  await oven.order("say all the oven is warm");
  await oven.order("say anna the cake is in");
  await anna.run("say", "who brings the plates?");
  await anna.run("say", "thank you", "--to", "oven");
  const menu = await anna.file(
    "menu.json",
    JSON.stringify({ dishes: [{ name: "soup", grams: 300 }], for: "anna" }),
  );
  await anna.run("send", menu, "--to", "bert");
  await anna.run("ask", '{"cmd":"status"}', "--to", "oven");
  await sayPlain(lab, "somebody without a key");
}

/** Opens the view of all that is known of the peers, with the facts of a board. */
async function showPeers({ ids }: WebLab, page: Page): Promise<void> {
  await page.evaluate(`location.hash = "#/peers/${ids.oven}"`);
  const main = page.getByRole("main");
  await main.locator(".peer.open dl").waitFor();
  await main.getByRole("list", { name: "Through the plain gateway" }).waitFor();
}

for (const [look, options] of Object.entries(LOOKS)) {
  pageTest(`every view is accessible and fits, ${look}`, async (lab, page) => {
    await (filled ??= fill(lab));
    for (const view of [...VIEWS, "Peers"]) {
      await (view === "Peers" ? showPeers(lab, page) : show(page, view));
      await until(
        page,
        "!/(Reading|Looking|looking) ?(for streams )?…/.test(document.querySelector('main').innerText)",
      );
      await picture(page, `${view.toLowerCase()}-${look}`);
      await assertFits(page, view);
      await assertAccessible(page, view);
    }
  }, options);
}

/** Presses Tab until something has the focus, as somebody without a pointer does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) {
      assert(
        await target.evaluate((element) => element.matches(":focus-visible")),
        `no focus is seen on ${target}`,
      );
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${target}`);
}

pageTest(
  "with keys alone one chats, sends a document, withdraws one that waits, and looks into a plot",
  async (lab, page) => {
    const { oven, pump } = lab;
    const { keyboard } = page;
    const follow = async (name: RegExp) => {
      await tabTo(page, page.getByRole("navigation", { name: "Views" }).getByRole("link", { name }));
      await keyboard.press("Enter");
    };
    await oven.order('stream anna keys {"celsius":20}');
    await oven.order('stream anna keys {"celsius":21}');
    await tabTo(page, page.getByRole("textbox", { name: "Message" }));
    await keyboard.type("typed by hand");
    await keyboard.press("Enter");
    await oven.heard(/ typed by hand$/);

    await pump.order("quit");
    await page.getByRole("complementary", { name: "Peers" }).getByText(/^gone, heard/).waitFor();
    await follow(/^Documents/);
    await tabTo(page, page.getByRole("button", { name: "Send…" }));
    await keyboard.press("Enter");
    const window = page.getByRole("dialog", { name: "Send a document" });
    for (const name of ["oven", "pump"]) {
      await tabTo(page, window.getByRole("checkbox", { name }));
      await keyboard.press("Space");
    }
    await tabTo(page, window.getByRole("radio", { name: "Files" }));
    await keyboard.press("ArrowDown");
    await tabTo(page, window.getByRole("textbox", { name: "JSON", exact: true }));
    await keyboard.type('{"by":"keys"}');
    await tabTo(page, window.getByRole("button", { name: "Send", exact: true }));
    await keyboard.press("Enter");
    const sends = page.getByRole("region", { name: "Sending" });
    await sends.getByText("Delivered document.json to oven.").waitFor();
    await sends.getByText("Queued document.json for pump").waitFor();

    await page.getByRole("option").filter({ hasText: "document.json" }).nth(1).waitFor();
    await tabTo(page, page.getByRole("listbox", { name: "Documents" }));
    await keyboard.press("Home");
    await keyboard.press("Enter");
    const tree = page.getByRole("tree", { name: "JSON" });
    await tabTo(page, tree);
    await keyboard.press("ArrowDown");
    await page.locator(".json-path").filter({ hasText: "by" }).waitFor();

    await follow(/^Outbox/);
    await tabTo(page, page.getByRole("button", { name: "Withdraw document.json for pump" }));
    await keyboard.press("Enter");
    await tabTo(page, page.getByRole("dialog").getByRole("button", { name: "Withdraw" }));
    await keyboard.press("Enter");
    await page.getByText("Withdrew document.json for pump.").waitFor();

    await follow(/^Plots/);
    const plot = page.getByRole("region", { name: "oven · keys" });
    await tabTo(page, plot.getByRole("img"));
    await until(page, `/from 20 to 21/.test(document.activeElement.getAttribute("aria-label"))`);
    for (const key of ["+", "ArrowLeft", "0"]) await keyboard.press(key);
    await tabTo(page, plot.getByText("Newest values"));
    await keyboard.press("Enter");
    await plot.getByRole("cell", { name: "21", exact: true }).waitFor();
  },
);

/** Tabs at once: more than a browser has connections to one server. */
const TABS = Number(Deno.env.get("EARSHOT_TABS") ?? 7);

webTest(
  `${TABS} tabs at once all show what comes, over few connections, and the peer serves others meanwhile`,
  async (lab) => {
    await using tab = await openPage(lab, lab.web);
    const opened = [];
    for (let number = 1; number < TABS; number++) {
      opened.push(tab.context.waitForEvent("page"));
      await tab.page.evaluate("void open(location.href)");
    }
    const pages = [tab.page, ...await Promise.all(opened)];
    for (const page of pages) await shown(page);
    await lab.oven.order("say all to every tab");
    for (const page of pages) await message(page, "to every tab").waitFor();
    await lab.anna.run("say", "still quick", "--to", "oven");
    await lab.oven.heard(/still quick$/);
    const command = ["ss", "-Htn", "state", "established", "sport", "=", "8033"];
    const { stdout } = await lab.lan.exec("anna", command).output();
    const connections = new TextDecoder().decode(stdout).trim().split("\n").length;
    assert(connections <= 6, `${connections} connections`);
    assertQuiet(tab, lab.web);
  },
);
