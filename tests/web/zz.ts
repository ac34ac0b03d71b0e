import { VIEWS, withWebLab } from "./lab.ts";
await withWebLab(async (lab) => {
  await using tab = await lab.browser.tab({ viewport: { width: 1280, height: 800 } });
  tab.context.setDefaultTimeout(5000);
  tab.page.on("response", (r) => {
    if (r.status() >= 400) console.log(r.status(), r.url());
  });
  try {
    await tab.page.goto(lab.web.address);
    await tab.page.waitForTimeout(1500);
    for (const v of VIEWS) {
      await tab.page.getByRole("navigation", { name: "Views" }).getByRole("link", {
        name: new RegExp(`^${v}`),
      }).click();
      await tab.page.waitForTimeout(500);
      await tab.page.screenshot({ path: `/tmp/wtshots/${v}.png` });
      if (v === "Talk") console.log(await tab.page.locator("body").ariaSnapshot());
    }
  } catch (e) {
    console.log(e);
    await tab.page.screenshot({ path: `/tmp/wtshots/err.png` });
  }
  console.log(tab.complaints, tab.requests);
});
Deno.exit(0);
