// An empty database: whoever comes first is led to set-up, and the page is fit for everyone.
import { expectAccessible } from "../support/axe.ts";
import { expect, test } from "../support/test.ts";

test("the first visit leads to set-up", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL("/setup");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/set up/i);
  await expect(page).toHaveTitle(/Allowance/);
  await expect(page.locator("#boot")).toHaveCount(0);
  await expectAccessible(page);
});

test("the server's one-time token is in its log", async ({ server }) => {
  expect(server.setupToken.length).toBeGreaterThan(15);
});
