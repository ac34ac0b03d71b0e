// Documents on the page: what came in, what is sent and what becomes of it, the outbox.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { Buffer } from "node:buffer";
import type { Page } from "../support/browser.ts";
import { pageTest, show, until, type WebLab } from "./lab.ts";

/** The line of a document in the list. */
function row(page: Page, text: string | RegExp) {
  return page.getByRole("listbox", { name: "Documents" }).getByRole("option").filter({ hasText: text });
}

/** Sends a document from bert to anna. */
async function receive({ bert }: WebLab, name: string, content: string, ...options: string[]): Promise<void> {
  const { code, stderr } = await bert.run("send", await bert.file(name, content), "--to", "anna", ...options);
  assertEquals(code, 0, stderr);
}

/** Chooses a file in the window that sends documents, for the chosen peers. */
export async function choose(
  page: Page,
  file: { name: string; content: string },
  ...to: string[]
): Promise<void> {
  await page.getByRole("button", { name: "Send…" }).click();
  const window = page.getByRole("dialog", { name: "Send a document" });
  for (const name of to) await window.getByRole("checkbox", { name }).check();
  await window.locator("input[type=file]").setInputFiles({
    name: file.name,
    mimeType: "application/json",
    buffer: Buffer.from(file.content),
  });
  await window.getByRole("button", { name: "Send", exact: true }).click();
  await window.waitFor({ state: "hidden" });
}

/** What became of what the tab sends. */
export function sends(page: Page) {
  return page.getByRole("region", { name: "Sending" });
}

pageTest(
  "documents are listed newest first as they come, by sender and stream, and found by name and content",
  async (lab, page) => {
    await show(page, "Documents");
    await receive(lab, "first.json", '{"plant":"tomato"}');
    await row(page, "first.json").waitFor();
    await receive(lab, "second.json", '{"plant":"cucumber"}', "--stream", "garden");
    await row(page, "second.json").getByText("garden").waitFor();
    await lab.oven.order('stream anna readings {"celsius":180}');
    await row(page, "oven").first().waitFor();
    const texts = await row(page, /first|second/).allInnerTexts();
    assert(
      texts.findIndex((text) => /second/.test(text)) < texts.findIndex((text) => /first/.test(text)),
      texts.join(),
    );

    const search = page.getByRole("searchbox", { name: "Search" });
    for (
      const [text, found, other] of [["first", "first.json", "second.json"], [
        "CUCUMBER",
        "second.json",
        "first.json",
      ]] as const
    ) {
      await search.fill(text);
      await row(page, other).waitFor({ state: "detached" });
      await row(page, found).waitFor();
    }
    await search.fill("");
    await row(page, "first.json").waitFor();
    await page.getByRole("combobox", { name: "Peer" }).selectOption("oven");
    await row(page, "first.json").waitFor({ state: "detached" });
    await row(page, "oven").first().waitFor();
    await page.getByRole("combobox", { name: "Peer" }).selectOption("bert");
    await page.getByRole("combobox", { name: "Stream" }).selectOption("garden");
    await row(page, "second.json").waitFor();
    await row(page, "first.json").waitFor({ state: "detached" });
  },
);

pageTest("a list of hundreds goes on while one scrolls, down to the first", async (lab, page) => {
  const lines = Array.from({ length: 250 }, (_, n) => `{"n":${n}}\n`).join("");
  await receive(lab, "many.jsonl", lines, "--lines", "--stream", "many");
  await show(page, "Documents");
  await page.getByRole("combobox", { name: "Stream" }).selectOption("many");
  await row(page, "many").first().waitFor();
  assert(await row(page, "many").count() < 150, "only what is near is in the page");
  const list = page.getByRole("listbox", { name: "Documents" });
  await list.focus();
  await page.keyboard.press("Home");
  while (!await page.getByText("250 documents, that is all.").isVisible()) await page.keyboard.press("End");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.getByRole("tree", { name: "JSON" }).getByText("0", { exact: true }).waitFor();
}, { permissions: ["clipboard-read", "clipboard-write"] });

pageTest(
  "a document is shown as a tree that folds, a path can be copied, and it is saved as it came",
  async (lab, page) => {
    const content = '{"b":1.10,\n\t"list":[{"deep":"\\u00fc"},12345678901234567890]}';
    await receive(lab, "tree.json", content);
    await show(page, "Documents");
    await row(page, "tree.json").click();
    const tree = page.getByRole("tree", { name: "JSON" });
    await tree.getByText("12345678901234567890").waitFor();
    await tree.getByText("1.10").waitFor();
    await page.getByRole("button", { name: "Close all" }).click();
    await until(page, "document.querySelectorAll('[role=treeitem]').length === 3");
    await page.getByRole("button", { name: "Open all" }).click();
    // While it is closed, the list itself shows that text.
    await until(page, "document.querySelectorAll('[role=treeitem]').length === 6");
    await tree.getByRole("treeitem").filter({ hasText: "deep" }).last().click();
    await page.getByRole("button", { name: "Copy path" }).click();
    await page.getByText("Copied the path.").waitFor();
    assertMatch(await page.evaluate("navigator.clipboard.readText()") as string, /list\[0\]\.deep$/);

    const big = JSON.stringify({ x: "y".repeat(1_500_000) });
    await receive(lab, "big.json", big);
    for (const [name, whole] of [["tree.json", content], ["big.json", big]] as const) {
      await row(page, name).first().click();
      await page.getByRole("region", { name: "Open document" }).getByRole("heading", { name }).waitFor();
      const downloading = page.waitForEvent("download");
      await page.getByRole("button", { name: "Download" }).click();
      const download = await downloading;
      assertEquals(download.suggestedFilename(), name);
      assertEquals(await Deno.readTextFile(await download.path()), whole);
    }
  },
  { permissions: ["clipboard-read", "clipboard-write"] },
);

pageTest(
  "what comes from the network is only ever text: markup, scripts, marks of direction, a mebibyte",
  async (lab, page) => {
    const markup =
      '</script><script>globalThis.owned=1</script><img src=x onerror="globalThis.owned=2"><b>bold</b>';
    const bidi = "\u202egnp.exe\u202c\u2067x\u2069\u0000\u001b[31m";
    const long = "m".repeat(1_048_576);
    const name = "<img src=x onerror=owned=3>\u202e.json".replaceAll("/", "");
    await receive(
      lab,
      "markup.json",
      JSON.stringify({ [markup]: markup, [bidi]: bidi, long }),
      "--name",
      name,
    );
    await lab.oven.order(`say all ${markup}`);
    await page.getByRole("log", { name: "Messages" }).getByText(markup).waitFor();
    await show(page, "Documents");
    await row(page, "img src=x").click();
    await page.getByRole("region", { name: "Open document" }).getByRole("heading", { name: "img src=x" })
      .waitFor();
    await page.getByRole("region", { name: "Open document" }).getByText("</script>").first().waitFor();
    await receive(lab, "small.json", JSON.stringify({ [markup]: markup, [bidi]: bidi }), "--name", name);
    await page.getByRole("button", { name: "1 new" }).click();
    await row(page, "img src=x").nth(1).waitFor();
    await row(page, "img src=x").first().click();
    const tree = page.getByRole("tree", { name: "JSON" });
    await tree.getByText(markup).first().waitFor();
    await tree.getByText("\\u202e").first().waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill(markup);
    await row(page, "img src=x").first().waitFor();
    assertEquals(
      await page.evaluate(
        "[typeof owned, document.querySelectorAll('main img, main b, main script').length]",
      ),
      ["undefined", 0],
    );
  },
);

pageTest(
  "a file that is chosen is sent, with progress and what became of it: delivered, refused and why",
  async (lab, page, tab) => {
    await show(page, "Documents");
    await choose(page, { name: "plan.json", content: '{"plan":"b"}' }, "bert", "oven");
    await sends(page).getByText("Delivered plan.json to bert.").waitFor();
    await sends(page).getByText("Delivered plan.json to oven.").waitFor();
    // Once it is seen, it leaves room for other views.
    await show(page, "Outbox");
    await sends(page).getByText("Delivered plan.json to oven.").waitFor({ state: "detached" });
    await sends(page).getByRole("button", { name: "Show" }).click();
    await sends(page).getByText("Delivered plan.json to oven.").waitFor();
    await show(page, "Documents");
    assertEquals(lab.oven.contents().filter((text) => text.includes('"plan"')), ['{"plan":"b"}']);
    // To block needs the whole id.
    assertEquals((await lab.bert.run("block", lab.ids.anna!)).code, 0);
    const large = JSON.stringify("z".repeat(3_000_000));
    await choose(page, { name: "large.json", content: large }, "bert", "pump");
    await sends(page).getByText("Delivered large.json to pump.").waitFor();
    await sends(page).getByText(/^bert refused large\.json: .*block/).waitFor();
    assertEquals((await lab.bert.run("forget", lab.ids.anna!)).code, 0);
    await choose(page, { name: "broken.json", content: '{"a":1,}\n{' }, "bert");
    await sends(page).getByText("not JSON at byte 7, line 1, column 8").waitFor();
    // Browsers tell of every answer that is an error.
    assertMatch(tab.complaints.splice(0).join("\n"), /^Failed to load resource: .* status of 400 [^\n]*$/);
  },
);

pageTest("a file that is dropped on a peer or on everyone goes there at once", async (lab, page) => {
  for (const [name, tile] of [["dropped.json", "bert"], ["all.json", "Everyone"]]) {
    const files = await page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(['{"dropped":true}'], ${JSON.stringify(name)}));
      return data;
    })()`);
    await page.locator("main").dispatchEvent("dragenter", { dataTransfer: files });
    const target = page.locator(".drop-tile").filter({ hasText: tile! });
    await target.dispatchEvent("dragover", { dataTransfer: files });
    await target.dispatchEvent("drop", { dataTransfer: files });
    await sends(page).getByText(`Delivered ${name} to bert.`).waitFor();
  }
  await sends(page).getByText("Delivered all.json to oven.").waitFor();
  assertEquals(lab.oven.contents().filter((text) => text.includes("dropped")).length, 1);
  assertEquals(
    Deno.readTextFileSync(join(lab.bert.home, "earshot-inbox", "anna", "dropped.json")),
    '{"dropped":true}',
  );
});
