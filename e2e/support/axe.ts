// A page is accessible in light and dark, wide and narrow, or the test fails with what is wrong and where.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const THEMES = ["light", "dark"] as const;
const WIDTHS = [1280, 375] as const;
const HEIGHT = 800;

export async function expectAccessible(page: Page): Promise<void> {
  const before = page.viewportSize();
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const theme of THEMES) {
      await show(page, theme);
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, help, nodes } of violations) {
        const places = nodes.map((node) => `    ${node.target.join(" ")}: ${node.failureSummary?.replaceAll("\n", " ")}`);
        found.push([`${theme}, ${width} px: ${id} (${help})`, ...places].join("\n"));
      }
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) found.push(`${width} px: the page is ${overflow} px wider than the screen`);
  }
  if (theme) await show(page, theme);
  if (before) await page.setViewportSize(before);
  expect(found, `accessibility of ${page.url()}`).toEqual([]);
}

/** Switches colours without a reload, so that what is open stays open, and waits until nothing moves any more. */
async function show(page: Page, theme: string): Promise<void> {
  await page.evaluate(async (theme) => {
    document.documentElement.dataset.theme = theme;
    await new Promise(requestAnimationFrame);
    const finite = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(finite.map((one) => one.finished));
  }, theme);
}
