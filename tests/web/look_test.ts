// How the page looks: in every view, both schemes and on a phone. The pictures are in dist/web/ afterwards.

import { assertAccessible, assertFits } from "./accessibility.ts";
import { pageTest, picture, show, VIEWS, type WebLab } from "./lab.ts";

/** Ways to look at it. */
const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  "phone-light": {
    colorScheme: "light",
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  },
  "phone-dark": {
    colorScheme: "dark",
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
    const t = 1_700_000_000 + minute * 60;
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
}

for (const [look, options] of Object.entries(LOOKS)) {
  pageTest(`every view is accessible and fits, ${look}`, async (lab, page) => {
    await (filled ??= fill(lab));
    for (const view of VIEWS) {
      await show(page, view);
      await page.waitForLoadState("networkidle");
      await picture(page, `${view.toLowerCase()}-${look}`);
      await assertFits(page, view);
      await assertAccessible(page, view);
    }
  }, options);
}
