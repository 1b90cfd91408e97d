// How the grid looks is the viewer's: the order of the groups, the width of columns, views by name; and its keys are listed.
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { Api, type Person, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

const PEOPLE: Person[] = ["Aaron", "Abigail", "Bartholomew Featherstonehaugh-Cholmondeley"].map((first, index) => ({
  first,
  email: `person${index}@adventure-works.test`,
}));
const NAME = 1;
const MONTHLY = 3;

test.describe.configure({ mode: "serial" });

let api: Api;

const grid = (page: Page): Locator => page.getByRole("grid", { name: "Allocations" });
const head = (page: Page, column: number): Locator => grid(page).locator(`thead [aria-colindex="${column}"]`);
const width = async (page: Page, column: number): Promise<number> => Math.round((await head(page, column).boundingBox())!.width);
const names = (page: Page): Promise<string[]> => grid(page).locator(".group-row .group-name > span").allTextContents();

async function open(page: Page, query = ""): Promise<void> {
  await signIn(page);
  await page.goto(`/allocations${query}`);
  await expect(grid(page)).toBeVisible();
}

test("groups are sorted by each column, in the address and for a screen reader", async ({ page, server }) => {
  api = await Api.found(server);
  await api.importPeople(PEOPLE);
  const type = (await api.creditType()).id;
  for (const [name, monthly] of [["Engineering", "3000"], ["Sales", "9000"], ["Support", "500"]] as const) {
    const { id } = await api.post("/groups", { name });
    const { items } = await api.get(`/credit-types/${type}/groups`);
    await api.patch(`/credit-types/${type}/groups/${id}`, { monthly }, items.find((row: any) => row.id === id).etag);
  }
  await open(page);
  expect(await names(page)).toEqual(["Default", "Engineering", "Sales", "Support"]);
  await expect(head(page, NAME)).toHaveAttribute("aria-sort", "ascending");
  await head(page, MONTHLY).getByRole("button", { name: "Monthly" }).click();
  await expect(page).toHaveURL(/groups=monthly_descending/);
  await expect(head(page, MONTHLY)).toHaveAttribute("aria-sort", "descending");
  await expect(head(page, NAME)).toHaveAttribute("aria-sort", "none");
  expect(await names(page)).toEqual(["Sales", "Engineering", "Support", "Default"]);
  await page.reload();
  await expect(head(page, MONTHLY)).toHaveAttribute("aria-sort", "descending");
  await expect.poll(() => names(page)).toEqual(["Sales", "Engineering", "Support", "Default"]);
  // By keyboard, from any cell of the column.
  await grid(page).focus();
  for (const key of ["ArrowRight", "ArrowRight", "Alt+Shift+ArrowUp"]) await page.keyboard.press(key);
  await expect(page).toHaveURL(/groups=monthly(&|$)/);
  expect(await names(page)).toEqual(["Default", "Support", "Engineering", "Sales"]);
});

test("a column is made wider by pointer and by keyboard, fitted, and stays so in this browser", async ({ page }) => {
  await open(page);
  const before = await width(page, MONTHLY);
  const others = await width(page, 4);
  await grid(page).focus();
  for (const key of ["Control+Home", "ArrowRight", "ArrowRight", "Alt+Shift+ArrowRight"]) await page.keyboard.press(key);
  await expect(page).toHaveURL(/columns=/);
  expect(await width(page, MONTHLY)).toBe(before + 16);
  const edge = (await head(page, MONTHLY).boundingBox())!;
  await page.mouse.move(edge.x + edge.width - 3, edge.y + 15);
  await page.mouse.down();
  await page.mouse.move(edge.x + edge.width + 57, edge.y + 15, { steps: 5 });
  await page.mouse.up();
  expect(await width(page, MONTHLY)).toBe(before + 76);
  expect(await width(page, 4)).toBe(others);
  await page.goto("/allocations");
  await expect(grid(page)).toBeVisible();
  expect(await width(page, MONTHLY)).toBe(before + 76);

  // Two clicks on the edge: as wide as the longest name.
  const { items } = await api.get("/groups");
  await page.goto(`/allocations?group=${items[0].id}`);
  const long = grid(page).getByText("Bartholomew Featherstonehaugh-Cholmondeley");
  await expect(long).toBeVisible();
  const isCut = () => long.evaluate((name) => name.scrollWidth > name.clientWidth);
  for (let narrower = 0; narrower < 6; narrower += 1) {
    await grid(page).focus();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Alt+Shift+ArrowLeft");
  }
  expect(await isCut()).toBe(true);
  const name = (await head(page, NAME).boundingBox())!;
  await page.mouse.dblclick(name.x + name.width - 3, name.y + 15);
  await expect.poll(isCut).toBe(false);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Column widths as they were" }).click();
  await expect.poll(() => width(page, MONTHLY)).toBe(before);
});

test("what is seen is saved as a view, shown again, renamed and deleted", async ({ page }) => {
  const { items } = await api.get("/groups");
  await open(page, `?group=${items[0].id}&rows=50&groups=members_descending&density=compact`);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Save or change views…" }).click();
  const dialog = page.getByRole("dialog", { name: "Views" });
  await dialog.getByRole("button", { name: "Save view" }).click();
  await expect(dialog.getByText("Give the view a name.")).toBeVisible();
  await dialog.getByLabel("Save what is shown as").fill("Everyone, close");
  await dialog.getByRole("button", { name: "Save view" }).click();
  await expect(dialog.getByLabel("Name of Everyone, close")).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel("Name of Everyone, close").fill("Default, close");
  await page.keyboard.press("Enter");
  await expect(dialog.getByLabel("Name of Default, close")).toBeVisible();
  await page.keyboard.press("Escape");

  // Another day.
  await page.goto("/allocations");
  await expect(grid(page)).toBeVisible();
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitemradio", { name: "Default, close" }).click();
  await expect(page).toHaveURL(/density=compact/);
  for (const part of [/group=grp_/, /rows=50/, /groups=members_descending/]) await expect(page).toHaveURL(part);
  await expect(grid(page).getByText("Aaron", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Views" }).click();
  await expect(page.getByRole("menuitemradio", { name: "Default, close" })).toHaveAttribute("aria-checked", "true");
  await page.getByRole("menuitem", { name: "Save or change views…" }).click();
  await dialog.getByRole("button", { name: "Delete Default, close" }).click();
  await expect(dialog.getByText("No views yet.")).toBeVisible();
  await dialog.getByRole("button", { name: "Undo" }).click();
  await expect(dialog.getByLabel("Name of Default, close")).toBeVisible();
});

test("the question mark lists the keys", async ({ page }) => {
  await open(page);
  await grid(page).focus();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys of the grid" });
  await expect(dialog.getByText("Alt + Shift + ← · →")).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(grid(page)).toBeFocused();
});

test("where what acts cannot be fetched, that is said, and the next key tries again", async ({ page, problems }) => {
  problems.allow(/split_acts|Failed to fetch|ERR_FAILED/);
  await signIn(page);
  await page.route(/split_acts/, (route) => route.abort());
  await page.goto("/allocations");
  await head(page, NAME).waitFor();
  await grid(page).locator(".group-row").first().locator(`[aria-colindex="${MONTHLY}"]`).click();
  await page.keyboard.type("7");
  await expect(page.getByText("This needs a part of Allowance that could not be loaded.")).toBeVisible();
  await page.unroute(/split_acts/);
  await page.keyboard.type("5");
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await expect(page.getByText(/^was .* · .* unallocated → /)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
});
