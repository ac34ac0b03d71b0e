import { assertEquals } from "@std/assert";
import axe from "npm:axe-core@4.14.1";
import type { Page } from "../support/browser.ts";

/** What axe says of a page, of which a test reads what it expects to be there. */
interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Asserts that axe finds nothing serious or critical in what a page shows. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  if (!await page.evaluate("typeof axe === 'object'")) await page.evaluate(axe.source);
  const violations = await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  ) as Violation[];
  const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const told = grave.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
  );
  assertEquals(told, [], what);
}

/** Asserts that nothing of a page lies beyond its right edge. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const [whole, window] = await page.evaluate(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  ) as [number, number];
  assertEquals(whole > window, false, `${what}: ${whole} px wide in ${window}`);
}
