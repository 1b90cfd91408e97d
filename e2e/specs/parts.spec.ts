// The parts of the app: fetched when first shown, and what is said where one cannot be had.
import { Api, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

test.beforeAll(async ({ server }) => {
  await Api.found(server);
});

test("a page is fetched when it is first shown; one that is missing can be asked for again", async ({ page, problems }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  const parts = (): string[] => fetched.filter((path) => /\/(split|chunk)_/.test(path));
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  expect(parts()).toEqual([]);

  await signIn(page);
  await expect(page.getByRole("grid", { name: "Allocations" })).toBeVisible();
  expect(parts().some((path) => path.includes("split_office"))).toBe(false);

  problems.allow(/split_office|Failed to fetch|ERR_FAILED/);
  await page.route(/split_office/, (route) => route.abort());
  await page.getByRole("link", { name: "People", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("could not be loaded");
  await expect(page.getByRole("button", { name: "Reload the page" })).toBeVisible();
  await page.unroute(/split_office/);
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "People" })).toBeVisible();

  await page.goBack();
  await expect(page.getByRole("grid", { name: "Allocations" })).toBeVisible();
  await page.goForward();
  await expect(page.getByRole("heading", { level: 1, name: "People" })).toBeFocused();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "People" })).toBeVisible();
});
