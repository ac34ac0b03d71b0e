// Pages of somebody hostile, in the browser of a user who has the page of `earshot web` open.

import { assert, assertEquals } from "@std/assert";
import type { Tab } from "../support/browser.ts";
import type { Program } from "../support/program.ts";
import { call, openPage, until, type WebLab, webTest } from "./lab.ts";

const HOSTILE = 9001;
const CARELESS = 9002;

/** Where a hostile page may come from: another port of the same name or of another one, a name that leads here. */
const ORIGINS = [
  `http://127.0.0.1:${HOSTILE}`,
  `http://localhost:${HOSTILE}`,
  `http://evil.example:${HOSTILE}`,
];

/** Attacks that teach nothing even if nobody guards: they only do something, or browsers refuse them to everybody. */
const BLIND = [
  "read with the cookies",
  "call by a beacon",
  "a module",
  "a shared worker",
  "a socket",
  "a form in a frame",
  "a form with a file",
  "a frame",
  "the storage",
];

/** Starts the hostile servers beside the browser. */
async function startHostile({ anna }: WebLab): Promise<Program> {
  const servers = anna.agent("../../web/agents/hostile.ts", `${HOSTILE}`, `${CARELESS}`);
  for (const port of [HOSTILE, CARELESS]) await servers.waitForLine(new RegExp(`^ready ${port}$`));
  return servers;
}

/** Opens a hostile page beside what a tab shows, for the same user, and runs all attacks; gives what each learned. */
async function attack(tab: Tab, origin: string, target: string, to: string): Promise<Record<string, string>> {
  const page = await tab.context.newPage();
  await page.goto(origin);
  const learned = await page.evaluate(
    `import("/attacks.js").then(({ attack }) => attack(${JSON.stringify(target)}, ${JSON.stringify(to)}))`,
  );
  await page.close();
  return learned as Record<string, string>;
}

webTest(
  "the attacks of the tests below learn and do something if nobody guards against them",
  async (lab) => {
    await using servers = await startHostile(lab);
    await using tab = await lab.browser.tab();
    const learned = await attack(tab, ORIGINS[0]!, `http://127.0.0.1:${CARELESS}`, lab.ids.oven!);
    const vain = Object.keys(learned).filter((name) => ["", "nothing"].includes(learned[name]!));
    assertEquals(vain, BLIND);
    const asked = servers.lines.filter((line) => line.includes("owned"));
    assert(asked.some((line) => /call\/say \{"text":"owned","x":"="\}/.test(line)), asked.join("\n"));
    assert(asked.filter((line) => line.startsWith("asked POST")).length >= 6, asked.join("\n"));
  },
);

webTest(
  "a page of another origin learns nothing, calls nothing and sends nothing, whatever it tries",
  async (lab) => {
    await using _servers = await startHostile(lab);
    await using tab = await openPage(lab, lab.web);
    for (const origin of ORIGINS) {
      const learned = await attack(tab, origin, lab.web.origin, lab.ids.oven!);
      assertEquals(Object.entries(learned).filter(([, what]) => what !== "nothing"), [], origin);
    }
    await call(tab.page, "say", { text: "nobody is harmed" });
    await lab.oven.heard(/^chat .* nobody is harmed$/);
    await lab.oven.order(`stream anna calm {"n":1}`);
    await lab.oven.heard(/^delivered/);
    assertEquals(lab.oven.program.lines.filter((line) => line.includes("owned")), []);
    assertEquals(await tab.context.cookies(), []);
  },
);

webTest("nobody frames the page", async (lab) => {
  await using _servers = await startHostile(lab);
  await using tab = await openPage(lab, lab.web);
  await tab.page.goto(ORIGINS[0]!);
  await tab.page.evaluate(`new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.src = ${JSON.stringify(lab.web.address)};
    frame.onload = resolve;
    document.body.append(frame);
  })`);
  const [, frame] = tab.page.frames();
  assertEquals(await frame!.locator("es-peers").count(), 0);
  assert(
    tab.complaints.some((text) => /frame-ancestors|X-Frame-Options/.test(text)),
    tab.complaints.join("\n"),
  );
});

webTest(
  "a page that opens the page in a window learns nothing of it, and is not known to it",
  async (lab) => {
    await using _servers = await startHostile(lab);
    for (const origin of [ORIGINS[0]!, ORIGINS[2]!]) {
      await using tab = await lab.browser.tab();
      await tab.page.goto(origin);
      const opening = tab.context.waitForEvent("page");
      await tab.page.evaluate(`void (globalThis.opened = open(${JSON.stringify(lab.web.address)}))`);
      const opened = await opening;
      await opened.locator("es-peers").getByText("oven").first().waitFor({ state: "attached" });
      assertEquals(await opened.evaluate("opener"), null);
      const seen = await tab.page.evaluate(`(() => {
      const look = (what) => { try { return String(what()); } catch (error) { return error.name; } };
      return [look(() => opened.document.title), look(() => opened.location.href), look(() => opened.length)];
    })()`);
      assert(!JSON.stringify(seen).includes(lab.web.token), JSON.stringify(seen));
      assertEquals((seen as string[])[0], "SecurityError");
    }
  },
);

webTest(
  "a page whose name comes to lead to this machine reaches nothing (DNS rebinding), not even with the token",
  async (lab) => {
    const origin = lab.web.origin.replace("127.0.0.1", "rebound.example");
    await using tab = await lab.browser.tab();
    const [answer] = await Promise.all([
      tab.page.waitForResponse(`${origin}/`),
      tab.page.goto(`${origin}/`).catch(() => "the browser shows a page of its own"),
    ]);
    assertEquals(answer.status(), 421);

    // What the name led to before: a page of the same origin.
    await tab.page.route(
      `${origin}/before`,
      (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>hostile</title>" }),
    );
    await tab.page.goto(`${origin}/before`);
    const headers = JSON.stringify({ authorization: `Bearer ${lab.web.token}` });
    for (const path of ["/", "/page.js", "/api/health", "/api/events", "/download/0"]) {
      const status = await tab.page.evaluate(
        `fetch(${JSON.stringify(path)}, { headers: ${headers} }).then(({ status }) => status)`,
      );
      assertEquals(status, 421, path);
    }
  },
);

webTest("a link with a wrong token shows how to get in, and nothing else", async (lab) => {
  await using tab = await lab.browser.tab();
  await tab.page.goto(`${lab.web.origin}/#token=${"A".repeat(lab.web.token.length)}`);
  await tab.page.getByText(/earshot web/).first().waitFor();
  assertEquals(await tab.page.getByText("oven").count(), 0);
  await tab.page.goto(`${lab.web.origin}/`);
  await tab.page.getByText(/earshot web/).first().waitFor();
  assertEquals(await tab.page.getByText("oven").count(), 0);
});

webTest("views whose script does not come at first are loaded again", async (lab) => {
  await using tab = await lab.browser.tab();
  let asked = 0;
  await tab.page.route("**/page_views.js", (route) => asked++ === 0 ? route.abort() : route.continue());
  await tab.page.goto(lab.web.address);
  await until(tab.page, 'customElements.get("es-plots") !== undefined');
  assertEquals(asked, 2);
});
