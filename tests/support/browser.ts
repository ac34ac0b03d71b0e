// A real browser for tests: Debian's chromium, driven by Playwright.

import { join } from "@std/path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "npm:playwright-core@1.65.1";
import { PATIENCE } from "./patience.ts";
import { BROWSER } from "./require.ts";

export type { BrowserContextOptions, Locator, Page } from "npm:playwright-core@1.65.1";

/** How a browser is started. */
export interface BrowserOptions {
  /** Network namespace (`ip netns`) that it runs in: what listens on its loopback interface is reached there alone. */
  readonly netns?: string;
  /** Further switches of the command. */
  readonly switches?: readonly string[];
}

/** A running browser. It is ended, and its profile removed, when it is disposed of. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  /** Starts a browser without windows and with a profile and a home of its own. */
  static async start({ netns, switches = [] }: BrowserOptions = {}): Promise<TestBrowser> {
    const folder = await Deno.makeTempDir({ prefix: "earshot-browser-" });
    try {
      // Playwright starts one command: this one enters the namespace, and becomes the browser.
      const command = join(folder, BROWSER);
      const enter = netns === undefined ? "" : `ip netns exec ${netns} `;
      await Deno.writeTextFile(command, `#!/bin/sh\nexec ${enter}${BROWSER} "$@"\n`, { mode: 0o755 });
      const chromium = await loadChromium();
      const browser = await chromium.launch({
        executablePath: command,
        args: [...switches],
        env: { ...Deno.env.toObject(), HOME: folder },
        timeout: PATIENCE,
      });
      return new TestBrowser(browser, folder);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** Opens a tab of somebody who has been nowhere yet: no storage is shared with other tabs. */
  async tab(options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await this.#browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE);
    return await Tab.open(context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    // It may still be writing to its home.
    for (let tries = 0;; tries++) {
      try {
        return await Deno.remove(this.#folder, { recursive: true });
      } catch (error) {
        if (tries === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
}

/** A tab, and everything that it and those it opened complained of and asked for. */
export class Tab implements AsyncDisposable {
  /** Errors and warnings of the console, among them refusals by a content security policy, and errors nobody caught. */
  readonly complaints: string[] = [];
  /** Addresses of the requests, without those of shared workers. */
  readonly requests: string[] = [];

  private constructor(readonly context: BrowserContext, readonly page: Page) {}

  /** Opens the first tab of a context. */
  static async open(context: BrowserContext): Promise<Tab> {
    const tab = new Tab(context, await context.newPage());
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        tab.complaints.push(`${message.text()} (${message.location().url})`);
      }
    });
    context.on("weberror", (error) => void tab.complaints.push(String(error.error().stack)));
    context.on("request", (request) => void tab.requests.push(request.url()));
    return tab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

/** Loads Playwright's part for chromium. */
async function loadChromium() {
  // While it loads it would look whether this is Linux on Windows, in a folder that Deno opens only to programs that
  // may do everything.
  Deno.env.set("__IS_WSL_TEST__", "1");
  try {
    return (await import("npm:playwright-core@1.65.1")).chromium;
  } finally {
    Deno.env.delete("__IS_WSL_TEST__");
  }
}
