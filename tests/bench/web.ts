import { type Tab, TestBrowser } from "../support/browser.ts";
import type { Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import { Worker } from "./harness/worker.ts";

const DOCUMENTS = 100_000;
/** Streams of the history, and of the other one that has all documents in a single stream. */
const STREAMS = 20;

/** What the page may take for each, milliseconds, on two cores. */
const MOST_MS = 1_000;

/** `web`: what a long history costs the page. */
export const web: Benchmark = {
  name: "web",
  question: "How long does the page of earshot web take over 100,000 documents, beside a bare page?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const browser = bench.use(await TestBrowser.start());
  const serve = async (streams: number) => {
    const folder = `${bench.folder}/${streams}`;
    return bench.use(await Worker.start("page.ts", folder, `${DOCUMENTS}`, `${streams}`));
  };
  const many = await serve(STREAMS);
  const single = await serve(1);
  const figures = {
    bare: [] as number[],
    paint: [] as number[],
    plot: [] as number[],
    direct: [] as number[],
    search: [] as number[],
  };
  const one = { plot: [] as number[], again: [] as number[] };
  while (figures.bare.length < bench.repetitions) {
    await using bare = await browser.tab();
    figures.bare.push(
      await timeOf(async () => {
        await bare.page.goto(many.ready.bare, { waitUntil: "commit" });
        await painted(bare, `document.querySelector("h1")`);
      }),
    );
    await using tab = await browser.tab();
    figures.paint.push(
      await timeOf(async () => {
        await tab.page.goto(many.ready.address, { waitUntil: "commit" });
        await painted(tab, `document.querySelector("es-peers .peer-room")`);
      }),
    );
    // By selectors: to look for roles and texts in the whole page would take as long as the page itself.
    const view = (name: string) => tab.page.locator(`nav a[href="#/${name}"]`).click();
    // Who clicks has looked: what the page loads after its first view is there by then.
    await painted(
      tab,
      `performance.getEntriesByName(location.origin + "/page_views.js").length ? document.body : null`,
    );
    figures.plot.push(
      await timeOf(async () => {
        await view("plots");
        await painted(tab, `document.querySelector("es-plot .plot-legend li")`);
      }),
    );
    await view("documents");
    // What is found stands at the far end of the history.
    const search = tab.page.getByRole("searchbox");
    await search.waitFor();
    figures.search.push(
      await timeOf(async () => {
        await search.fill("overheated");
        await painted(tab, `elementWith(".document-row", /reading-1\\.json/)`);
      }),
    );
    await using direct = await browser.tab();
    figures.direct.push(
      await timeOf(async () => {
        await direct.page.goto(`${many.ready.address}&/plots`, { waitUntil: "commit" });
        await painted(direct, `document.querySelector("es-plot .plot-legend li")`);
      }),
    );
    await using other = await browser.tab();
    await other.page.goto(`${single.ready.address}&/plots`);
    const plot = other.page.locator("es-plot");
    await plot.getByRole("button", { name: "All" }).waitFor();
    const all = () =>
      timeOf(async () => {
        await plot.getByRole("button", { name: "All" }).click();
        await painted(other, `elementWith("es-plot p", /^Each point/)`);
      });
    one.plot.push(await all());
    await plot.getByRole("button", { name: "Last hour" }).click();
    await plot.getByText(/^Each point/).waitFor({ state: "detached" });
    one.again.push(await all());
  }
  const unit = "ms";
  const row = (what: string, values: readonly number[]) => ({ what, unit, values });
  const aims = (what: string, values: readonly number[], ratio: number) => [
    { what, unit, values, most: MOST_MS },
    { what: `${what} / bare page`, values, others: figures.bare, most: ratio },
  ];
  return {
    rows: [
      row("a bare page", figures.bare),
      row("the page, until it shows its first view", figures.paint),
      row(`the first plot of ${STREAMS} streams, from the click`, figures.plot),
      row("  from the address of the plots", figures.direct),
      row("a search in all documents", figures.search),
      row("a plot of one stream, all documents", one.plot),
      row("  the same once more", one.again),
    ],
    aims: [
      ...aims("first paint", figures.paint, 10),
      ...aims("first plot", figures.plot, 10),
      ...aims("search", figures.search, 15),
      ...aims("plot of all documents", one.plot, 10),
    ],
  };
}

/**
 * Waits until the page has painted the element that an expression finds. Playwright's own waiting looks at moments that
 * are up to 500 ms apart.
 */
async function painted({ page }: Tab, element: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const elementWith = (selector, text) =>
      [...document.querySelectorAll(selector)].find(({ textContent }) => text.test(textContent.trim()));
    const look = () => {
      if ((${element})?.checkVisibility()) requestAnimationFrame(() => setTimeout(resolve));
      else requestAnimationFrame(look);
    };
    look();
  })`);
}

async function timeOf(what: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await what();
  return performance.now() - begin;
}
