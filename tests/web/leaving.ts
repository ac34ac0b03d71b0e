// What the page shows when others leave, and when its own peer does. These tests come last: who left stays away.

import { assertMatch } from "@std/assert";
import { choose, sends } from "./documents.ts";
import { message, openPage, pageTest, show, until, webTest } from "./lab.ts";

pageTest(
  "who leaves is shown as gone; what waits for it stands in the outbox, with why, and can be withdrawn",
  async (lab, page) => {
    await lab.pump.order("quit");
    await page.getByRole("complementary", { name: "Peers" }).getByText(/^gone, heard/).waitFor();
    await show(page, "Documents");
    await choose(page, { name: "later.json", content: "[1]" }, "pump");
    await sends(page).getByText("Queued later.json for pump").waitFor();
    await show(page, "Outbox");
    const waiting = page.getByRole("list", { name: "Waiting messages" }).getByRole("listitem").filter({
      hasText: "later.json",
    });
    await waiting.getByText("pump").waitFor();
    assertMatch(await waiting.innerText(), /Not within earshot/);
    await waiting.getByRole("button", { name: "Withdraw later.json for pump" }).click();
    await page.getByRole("dialog", { name: "Withdraw it?" }).getByRole("button", { name: "Withdraw" })
      .click();
    await page.getByText("Withdrew later.json for pump.").waitFor();
    await waiting.waitFor({ state: "detached" });
    await until(page, "document.activeElement !== document.body");
  },
);

webTest("the page goes on with a peer that was started anew", async (lab) => {
  await using tab = await openPage(lab, lab.web);
  const { page } = tab;
  await lab.peer.stop();
  const notice = page.getByText("The peer behind this page has left");
  await notice.waitFor();
  await using again = await lab.anna.up();
  await notice.waitFor({ state: "hidden" });
  await again.waitForEvent("peer", { state: "up", name: "oven" });
  await lab.oven.order("say all welcome back");
  await message(page, "welcome back").waitFor();
});
