// `deno task picture`: takes the picture of the page that README.md shows.

import { join } from "@std/path";
import { ROOT } from "../support/program.ts";
import { openPage, show, until, withWebLab } from "./lab.ts";

const PICTURE = join(ROOT, "tests/web/page.png");
/** Most bytes of it. */
const SIZE_MAX = 150_000;
/** Points of each line, one a minute. */
const POINTS = 58;

await withWebLab(async (lab) => {
  const { oven, pump, anna, bert } = lab;
  const begin = Math.round(Date.now() / 1000) - POINTS * 60;
  for (let n = 0; n < POINTS; n++) {
    const t = begin + n * 60;
    const celsius = (24 + 2.5 * Math.sin(n / 9) + 0.3 * Math.sin(n * 1.7)).toFixed(1);
    const humidity = Math.round(58 - 9 * Math.sin(n / 9 - 0.6));
    const bar = (3.1 + 0.4 * Math.sin(n / 6) + 0.05 * Math.sin(n * 2.3)).toFixed(2);
    await oven.order(`stream anna readings {"celsius":${celsius},"humidity":${humidity},"t":${t}}`);
    await pump.order(`stream anna pressure {"bar":${bar},"t":${t}}`);
    await oven.heard(/^delivered/);
    await pump.heard(/^delivered/);
  }
  await bert.run("say", "the bread is in", "--to", "anna");
  const recipe = await anna.file("recipe.json", JSON.stringify({ bread: { minutes: 40, celsius: 210 } }));
  await anna.run("send", recipe, "--to", "bert");
  await using tab = await openPage(lab, lab.web, {
    viewport: { width: 1180, height: 760 },
    deviceScaleFactor: 1.25,
    colorScheme: "light",
  });
  await show(tab.page, "Plots");
  for (const plot of ["oven · readings", "pump · pressure"]) {
    await tab.page.getByRole("region", { name: plot }).getByRole("button", { name: "Last hour" }).click();
  }
  await until(tab.page, `document.querySelectorAll(".plot-canvas canvas").length === 2`);
  await tab.page.screenshot({ path: PICTURE });
});

const { size } = await Deno.stat(PICTURE);
console.log(`${PICTURE}: ${size} bytes`);
Deno.exit(size <= SIZE_MAX ? 0 : 1);
