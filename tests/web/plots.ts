// Plots on the page: each stream with numbers by itself.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page, Tab } from "../support/browser.ts";
import { pollUntil } from "../support/patience.ts";
import { pageTest, show, type WebLab } from "./lab.ts";

const HOUR = 3_600_000;

/** A place in the window, pixels. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/** The plot of a stream. */
function plot(page: Page, title: string) {
  return page.getByRole("region", { name: title });
}

/** Sends readings of a board, each delivered before the next. */
async function read({ oven }: Pick<WebLab, "oven">, stream: string, ...readings: unknown[]): Promise<void> {
  for (const reading of readings) {
    await oven.order(`stream anna ${stream} ${JSON.stringify(reading)}`);
    await oven.heard(/^delivered/);
  }
}

/** Saves what a button gives, as bytes. */
async function save(page: Page, title: string, button: string): Promise<{ name: string; bytes: Uint8Array }> {
  const downloading = page.waitForEvent("download");
  await plot(page, title).getByRole("button", { name: button }).click();
  const download = await downloading;
  return { name: download.suggestedFilename(), bytes: await Deno.readFile(await download.path()) };
}

pageTest(
  "a stream with numbers has a line for each, nested ones by path, with the time of the documents, live",
  async (lab, page) => {
    const now = Date.now();
    const at = (ago: number) => new Date(now - ago).toISOString();
    await read(
      lab,
      "kiln",
      { t: at(20 * HOUR), celsius: 300, power: { watts: 1200 }, note: "warm" },
      { t: at(0.5 * HOUR), celsius: 900, power: { watts: 2200 }, note: "hot" },
    );
    await show(page, "Plots");
    const title = "oven · kiln";
    const lines = plot(page, title).getByRole("list", { name: "Lines" }).getByRole("button");
    await lines.first().waitFor();
    assertEquals((await lines.allInnerTexts()).map((text) => text.split("\n")[0]!.trim()).toSorted(), [
      "celsius",
      "power.watts",
    ]);
    const image = plot(page, title).getByRole("img");
    await pollUntil(
      async () => /celsius from 300 to 900/.test(await image.getAttribute("aria-label") ?? ""),
      () => "a plot of both",
    );
    await plot(page, title).getByText(/^2 documents/).waitFor();
    await read(lab, "kiln", { t: at(0), celsius: 1000, power: { watts: 2000 } });
    await pollUntil(
      async () => /celsius from 300 to 1,?000/.test(await image.getAttribute("aria-label") ?? ""),
      () => "a third point, live",
    );
    await plot(page, title).getByText(/^3 documents/).waitFor();

    await plot(page, title).getByRole("button", { name: "Hour" }).click();
    await pollUntil(
      async () => /celsius from 900 to 1,?000/.test(await image.getAttribute("aria-label") ?? ""),
      () => "the last hour",
    );
    await plot(page, title).getByRole("button", { name: "All" }).click();
    await pollUntil(
      async () => /celsius from 300 to/.test(await image.getAttribute("aria-label") ?? ""),
      () => "all",
    );
    await lines.filter({ hasText: "watts" }).click();
    await pollUntil(
      async () => !/watts/.test(await image.getAttribute("aria-label") ?? ""),
      () => "without watts",
    );
    assertEquals(await lines.filter({ hasText: "watts" }).getAttribute("aria-pressed"), "false");
  },
);

pageTest("a plot is zoomed and moved with pointer and keys", async (lab, page) => {
  const from = Date.now() - HOUR;
  await read(
    lab,
    "hob",
    ...[0, 1, 2, 3, 4, 5].map((n) => ({ ts: Math.round(from / 1000) + n * 600, watts: 100 * n })),
  );
  await show(page, "Plots");
  const image = plot(page, "oven · hob").getByRole("img");
  const label = async () => await image.getAttribute("aria-label") ?? "";
  await plot(page, "oven · hob").getByRole("button", { name: "All" }).click();
  await pollUntil(async () => /watts from 0 to 500/.test(await label()), () => "all points");
  const whole = await label();
  await image.scrollIntoViewIfNeeded();
  const box = (await image.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 3 });
  await page.mouse.up();
  await pollUntil(async () => !/from 0 to 500/.test(await label()), () => "fewer points");
  await image.focus();
  await page.keyboard.press("0");
  await pollUntil(async () => await label() === whole, () => "all points again");
  for (const key of ["+", "+", "ArrowLeft"]) await page.keyboard.press(key);
  await pollUntil(async () => !/from 0 to 500/.test(await label()), () => "fewer points by keys");
});

/** Moves fingers over a page, from where they are put down to where they are lifted. */
async function touch(tab: Tab, page: Page, ...paths: readonly (readonly Point[])[]): Promise<void> {
  const devtools = await tab.context.newCDPSession(page);
  const put = (type: "touchStart" | "touchMove" | "touchEnd", at?: number) =>
    devtools.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: at === undefined ? [] : paths.map((path, id) => ({ ...path[at]!, id })),
    });
  await put("touchStart", 0);
  for (let at = 1; at < paths[0]!.length; at++) await put("touchMove", at);
  await put("touchEnd");
  await devtools.detach();
}

pageTest(
  "on a touch screen a finger moves a plot, two zoom it, and a tap leaves it as it is",
  async (lab, page, tab) => {
    const from = Math.round(Date.now() / 1000) - 3_600;
    await read(lab, "grill", ...[0, 1, 2, 3, 4, 5].map((n) => ({ ts: from + n * 600, watts: 100 * n })));
    await show(page, "Plots");
    const shown = plot(page, "oven · grill");
    const image = shown.getByRole("img");
    const label = async () => await image.getAttribute("aria-label") ?? "";
    const all = shown.getByRole("button", { name: "All" });
    await all.click();
    await pollUntil(async () => /watts from 0 to 500/.test(await label()), () => "all points");
    await image.scrollIntoViewIfNeeded();
    const box = (await image.boundingBox())!;
    const at = (share: number): Point => ({ x: box.x + box.width * share, y: box.y + box.height / 2 });

    await touch(tab, page, [at(0.5)]);
    assertEquals(await all.getAttribute("aria-pressed"), "true");

    await touch(tab, page, [at(0.4), at(0.5), at(0.6), at(0.8)]);
    await pollUntil(async () => /watts from 0 to [123]00/.test(await label()), () => "the earlier points");
    assertEquals(await all.getAttribute("aria-pressed"), "false");

    await all.click();
    await pollUntil(async () => /watts from 0 to 500/.test(await label()), () => "all points again");
    await touch(tab, page, [at(0.45), at(0.35), at(0.25)], [at(0.65), at(0.75), at(0.9)]);
    await pollUntil(
      async () => /watts from [123]00 to [234]00/.test(await label()),
      () => "the points between",
    );
  },
  { hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } },
);

pageTest("several boards share a plot, and it is saved as CSV and as PNG", async (lab, page) => {
  for (const board of ["oven", "pump"] as const) {
    for (const bar of [1, 2]) {
      await lab[board].order(`stream anna pressure {"bar":${bar + (board === "pump" ? 10 : 0)}}`);
      await lab[board].heard(/^delivered/);
    }
  }
  await show(page, "Plots");
  const title = "oven · pressure";
  await plot(page, title).getByText("Compare with others").click();
  await plot(page, title).getByRole("checkbox", { name: /pump/ }).check();
  await pollUntil(
    async () =>
      await plot(page, title).getByRole("list", { name: "Lines" }).getByRole("button").count() === 2,
    () => "two lines",
  );
  const csv = await save(page, title, "Export as CSV");
  assertMatch(csv.name, /\.csv$/);
  const text = new TextDecoder().decode(csv.bytes);
  for (const value of ["1", "2", "11", "12"]) assertMatch(text, new RegExp(`[,;]"?${value}\\b`), text);
  assert(text.trim().split(/\r?\n/).length >= 5, text);
  const png = await save(page, title, "Export as PNG");
  assertMatch(png.name, /\.png$/);
  assertEquals([...png.bytes.subarray(1, 4)], [0x50, 0x4e, 0x47]);
  assert(png.bytes.length > 2_000, `${png.bytes.length} bytes`);
});
