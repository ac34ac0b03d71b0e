// What all tests of the page share: two computers and two boards, the page of each computer, and a browser.
//
//   anna  runs a peer with the plain gateway, and `earshot web` beside it, which works through the peer's control socket; the browser is here
//   bert  runs `earshot web` alone, which starts a peer; it listens on the network, for anna's browser
//   oven, pump  boards

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { pollUntil } from "../support/patience.ts";
import { type BrowserContextOptions, type Page, type Tab, TestBrowser } from "../support/browser.ts";
import type { Lan } from "../support/lan.ts";
import { type Program, ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { Board } from "../interop/board.ts";
import { idOf, type LabHost, withLab } from "../lan/lab.ts";

/** Why no test of the page can run here, if none can. */
const SKIPPED = lacks("lan") || lacks("firmware") || lacks("browser");

/** A page that `earshot web` serves. */
export interface Served {
  readonly program: Program;
  /** What the user opens. */
  readonly address: string;
  /** `http://HOST:PORT` */
  readonly origin: string;
  readonly token: string;
}

/** What the tests of a file share. Documents and chats stay: a test looks for what it sent itself. */
export interface WebLab {
  readonly lan: Lan;
  readonly browser: TestBrowser;
  readonly anna: LabHost;
  readonly bert: LabHost;
  /** Anna's peer. */
  readonly peer: Program;
  readonly oven: Board;
  readonly pump: Board;
  /** Anna's page, through the peer that runs. */
  readonly web: Served;
  /** Bert's page, whose program is the peer. */
  readonly alone: Served;
  /** Node ids of the four by their names. */
  readonly ids: Readonly<Record<string, string>>;
}

/**
 * Switches of the browser: names of somebody else that lead to this machine; and no guard of its own against pages that
 * reach for it, which older browsers have not.
 */
const SWITCHES = [
  "--host-resolver-rules=MAP *.example 127.0.0.1",
  "--disable-features=LocalNetworkAccessChecks",
];

let lab: WebLab | undefined;
let close: () => Promise<void>;

if (!SKIPPED) {
  Deno.test.beforeAll(async () => {
    const opened = Promise.withResolvers<WebLab>();
    const over = Promise.withResolvers<void>();
    const whole = withWebLab((lab) => {
      opened.resolve(lab);
      return over.promise;
    });
    close = () => {
      over.resolve();
      return whole;
    };
    lab = await Promise.race([opened.promise, whole.then(() => undefined)]);
  });
  Deno.test.afterAll(() => close());
}

/** A test in the lab that all tests of the file share, for which no tab is open. Ignored where there can be none (see `lacks`). */
export function webTest(name: string, fn: (lab: WebLab) => Promise<void>): void {
  register(name, async (lab) => {
    await kept?.tab[Symbol.asyncDispose]();
    kept = undefined;
    await fn(lab);
  });
}

function register(name: string, fn: (lab: WebLab) => Promise<void>): void {
  // What the lab reads and waits for began before the test, and ends after it.
  Deno.test({ name, ignore: SKIPPED, sanitizeOps: false, sanitizeResources: false, fn: () => fn(lab!) });
}

/** Makes the lab, hands it to `fn`, and ends everything in it afterwards. */
export async function withWebLab(fn: (lab: WebLab) => Promise<void>): Promise<void> {
  await withLab(["anna", "bert", "oven", "pump"], async (lan, anna, bert, ovenHost, pumpHost) => {
    const network = ["--listen", `${lan.address("bert", 4)}:8033`];
    await using peer = await anna!.up("--plain");
    await using web = anna!.start(["web"]);
    await using alone = bert!.start(["web", ...network]);
    await using oven = await Board.start("posix", ovenHost!);
    await using pump = await Board.start("posix", pumpHost!);
    await using browser = await TestBrowser.start({ netns: lan.namespace("anna"), switches: SWITCHES });
    const pages = await Promise.all([served(web), served(alone)]);
    const seen = [];
    for (const name of ["bert", "oven", "pump"]) {
      seen.push(await peer.waitForEvent("peer", { state: "up", name }));
    }
    for (const board of [oven, pump]) {
      for (const name of ["anna", "bert"]) await board.heard(new RegExp(`^up \\S+ ${name}$`));
    }
    const ids = { anna: idOf(peer), bert: seen[0]!.id, oven: oven.id, pump: pump.id };
    await fn({
      lan,
      browser,
      anna: anna!,
      bert: bert!,
      peer,
      oven,
      pump,
      web: pages[0]!,
      alone: pages[1]!,
      ids,
    });
  });
}

/** Waits until `earshot web` tells where its page is. */
export async function served(program: Program): Promise<Served> {
  const line = await program.waitForLine(/#token=/);
  const address = /http:\S+#token=\S+/.exec(line)![0];
  const url = new URL(address);
  return { program, address, origin: url.origin, token: url.hash.slice("#token=".length) };
}

/** The tab that the last {@linkcode pageTest} left as it should, and how it was opened. */
let kept: { readonly tab: Tab; readonly options: string } | undefined;

/**
 * A test of anna's page, which begins with the talk of everyone: afterwards nothing is in its console, and it asked nobody
 * else for anything. It goes on in the tab of the test before, if that was opened with the same options and nothing failed:
 * to open one takes longer than most tests.
 */
export function pageTest(
  name: string,
  fn: (lab: WebLab, page: Page, tab: Tab) => Promise<void>,
  options: BrowserContextOptions = {},
): void {
  register(name, async (lab) => {
    const tab = await takeTab(lab, options);
    try {
      await fn(lab, tab.page, tab);
      assertQuiet(tab, lab.web);
      kept = { tab, options: JSON.stringify(options) };
    } catch (error) {
      await picture(tab.page, `failed ${name}`);
      await tab[Symbol.asyncDispose]();
      throw error;
    }
  });
}

async function takeTab(lab: WebLab, options: BrowserContextOptions): Promise<Tab> {
  const before = kept;
  kept = undefined;
  if (before?.options !== JSON.stringify(options)) {
    await before?.tab[Symbol.asyncDispose]();
    return await openPage(lab, lab.web, options);
  }
  const { page } = before.tab;
  await page.evaluate("location.hash = '#/talk'");
  await page.getByRole("log", { name: "Messages" }).waitFor();
  const clear = page.getByRole("button", { name: "Clear" });
  if (await clear.isVisible()) await clear.click();
  return before.tab;
}

/** Takes a picture of a page into `dist/web/`. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({
    path: join(ROOT, "dist/web", `${name.replaceAll(/[^\w-]+/g, "-").slice(0, 80)}.png`),
  });
}

/** Asserts that no page of a tab has complained, or has asked anybody but `earshot web` for anything. */
export function assertQuiet(tab: Tab, { origin }: Served): void {
  assertEquals(tab.complaints, []);
  assertEquals(tab.requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("blob:")), []);
}

/** Opens a page in a tab of its own and waits until it shows who is there. */
export async function openPage(
  { browser }: Pick<WebLab, "browser">,
  { address }: Served,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const tab = await browser.tab(options);
  await tab.page.goto(address);
  await shown(tab.page);
  return tab;
}

/** Waits until a page shows who is there. */
export async function shown(page: Page): Promise<void> {
  await page.locator("es-peers").getByText("oven").first().waitFor({ state: "attached" });
}

/** Views of the page by the names of their links. */
export const VIEWS = ["Talk", "Documents", "Outbox", "Plots", "Ask", "Health"];

/** Opens a view by its link. */
export async function show(page: Page, view: string): Promise<void> {
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: new RegExp(`^${view}`) })
    .click();
  await page.locator(`es-${view.toLowerCase()}`).last().waitFor();
}

/** The line of a message in the talk. */
export function message(page: Page, text: string) {
  return page.getByRole("log", { name: "Messages" }).getByRole("listitem").filter({ hasText: text });
}

/**
 * Says something to anna through the plain gateway, as netcat on bert's machine would, and returns the name that it comes
 * under.
 */
export async function sayPlain({ lan }: WebLab, text: string): Promise<string> {
  // The gateway confirms the line: until then the connection stays open.
  const script = 'exec 3<>"/dev/tcp/$0/3333" && echo "$1" >&3 && read -r answer <&3';
  const command = ["bash", "-c", script, lan.address("anna", 4), text];
  const { success, stderr } = await lan.exec("bert", command).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  return `plain-${lan.address("bert", 4)}`;
}

/** Waits until an expression is true in a page, whose policy lets no text become a program there. */
export async function until(page: Page, expression: string): Promise<void> {
  await pollUntil(async () => await page.evaluate(`Boolean(${expression})`) as boolean, () => expression);
}

/** Calls the service behind a page as the page does. */
export async function call(page: Page, name: string, params: unknown = {}): Promise<unknown> {
  return await page.evaluate(`fetch("/api/call/${name}", {
    method: "POST",
    headers: { authorization: "Bearer " + sessionStorage.getItem("earshot.token") },
    body: ${JSON.stringify(JSON.stringify(params))},
  }).then((answer) => answer.json())`);
}
