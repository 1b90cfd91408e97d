// The grid over its pages: what is pasted, filled and selected acts on the whole view; who comes and goes is seen.
import type { Locator, Page } from "@playwright/test";
import { Api, type Person, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

// With the admin they are 290.
const PEOPLE: Person[] = Array.from({ length: 289 }, (_, index) => {
  const number = String(index + 1).padStart(4, "0");
  return { first: `Person ${number}`, email: `person${number}@adventure-works.test` };
});
const MONTHLY = 3;
const EXTRA = 4;
const DISTRIBUTED = 5;

test.describe.configure({ mode: "serial" });
test.use({ permissions: ["clipboard-read", "clipboard-write"] });

let api: Api;
let type: string;
let group: string;

const grid = (page: Page): Locator => page.getByRole("grid", { name: "Allocations" });
const row = (page: Page, name: string): Locator => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: false }) }).first();
const cell = (page: Page, name: string, column: number): Locator => row(page, name).locator(`[aria-colindex="${column}"]`);
const clip = (page: Page, text: string): Promise<void> => page.evaluate((text) => navigator.clipboard.writeText(text), text);
const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
const isHere = (page: Page, at: Locator): Promise<void> =>
  expect(async () => expect(await grid(page).getAttribute("aria-activedescendant")).toBe(await at.getAttribute("id"))).toPass();

/** Opens the group with a page of 25. */
async function openPage(page: Page): Promise<void> {
  await signIn(page);
  await page.goto(`/allocations?group=${group}`);
  await expect(page.getByText("1–25 of 290")).toBeVisible();
}

/** Puts the cursor into a cell without opening the editor. */
async function put(page: Page, at: Locator): Promise<void> {
  await at.click();
  await page.keyboard.press("Escape");
}

async function monthly(search: string): Promise<string> {
  const { items } = await api.get(`/credit-types/${type}/groups/${group}/members?search=${search}`);
  return items[0].monthly;
}

test("500 rows pasted into a page of 25 go on over the view; a wrong one stays in its place, and is found", async ({ page, server }) => {
  test.slow();
  api = await Api.found(server, { limit: "1000000" });
  await api.importPeople(PEOPLE);
  type = (await api.creditType()).id;
  const { items } = await api.get(`/credit-types/${type}/groups`);
  group = items[0].id;
  await api.patch(`/credit-types/${type}/groups/${group}`, { monthly: "500000" }, items[0].etag);
  await api.post("/groups", { name: "Sales" });

  await openPage(page);
  await put(page, cell(page, "Person 0001", MONTHLY));
  await clip(page, Array.from({ length: 500 }, (_, index) => (index === 100 ? "n/a" : String(index + 1))).join("\n"));
  await page.keyboard.press("Control+v");
  await expect(page.getByText("Pasted into 289 cells. 1 of them cannot be read; the reason stands below it. 211 rows were left out: there are no more members in this view.")).toBeVisible();
  await expect(page.getByText("289 unsaved changes")).toBeVisible();
  // 1 + … + 289, without 101.
  await expect(cell(page, "Default", DISTRIBUTED)).toHaveText("41,804");
  await expect(page.getByText("289 figures in 289 rows")).toBeVisible();
  await expect(row(page, "Sales").getByText("Unsaved")).toHaveCount(0);

  const saves: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") saves.push(request.postDataJSON().items?.length);
  });
  await page.getByRole("button", { name: "Save all" }).click();
  await expect(page.getByText("Saved 288 rows. 1 row was not saved; the reason stands below it.")).toBeVisible();
  expect(saves).toEqual([288]);
  expect(await monthly("person0289")).toBe("289");
  expect(await monthly("person0101")).toBe("0");
  await page.getByRole("button", { name: "1 row cannot be saved" }).click();
  await expect(cell(page, "Person 0101", MONTHLY)).toHaveAttribute("aria-invalid", "true");
  await expect(cell(page, "Person 0101", MONTHLY)).toContainText("n/a");
  await expect(page.getByText("Monthly: This is not a number. Write it like 1234.5.")).toBeVisible();
  await isHere(page, cell(page, "Person 0101", MONTHLY));
  await page.keyboard.type("101");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved. Person 0101’s Monthly is now 101.")).toBeVisible();
});

test("a column is selected, summed, filled and copied to the last member, whichever page is seen", async ({ page }) => {
  test.slow();
  await openPage(page);
  await put(page, cell(page, "Person 0001", MONTHLY));
  await page.keyboard.press("Control+Shift+ArrowDown");
  await expect(page.getByText("289 figures in 289 rows · Sum 41,905 · Average 145")).toBeVisible();
  await page.keyboard.press("Control+c");
  const copied = await clipboard(page);
  expect(copied.split("\r\n")).toEqual(Array.from({ length: 289 }, (_, index) => String(index + 1)));

  // The page is turned; what is selected stays.
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("26–50 of 290")).toBeVisible();
  await expect(page.getByText("289 figures in 289 rows")).toBeVisible();
  await expect(grid(page).locator('[aria-selected="true"]')).toHaveCount(25);
  await grid(page).focus();
  await page.keyboard.press("Control+d");
  await expect(page.getByText("288 unsaved changes")).toBeVisible();
  await expect(cell(page, "Person 0030", MONTHLY)).toContainText("1");
  await expect(cell(page, "Default", DISTRIBUTED)).toHaveText("289");
  await page.keyboard.press("Control+z");
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);

  await put(page, cell(page, "Person 0030", EXTRA));
  await page.keyboard.press("Control+Space");
  await expect(page.getByText("290 figures in 290 rows · Sum 0")).toBeVisible();
});

test("what is selected beyond the page stays when a dialog has changed it", async ({ page }) => {
  await openPage(page);
  await put(page, cell(page, "Person 0001", EXTRA));
  await page.keyboard.press("Control+Shift+ArrowDown");
  await expect(page.getByText("289 figures in 289 rows · Sum 0")).toBeVisible();
  const set = async (amount: string) => {
    await page.getByRole("button", { name: "Bulk actions" }).click();
    await page.getByRole("menuitem", { name: "Set for many…" }).click();
    const dialog = page.getByRole("dialog", { name: "Set for many" });
    await dialog.getByLabel("Cell").selectOption("Extra");
    await dialog.getByLabel("Credits for each").fill(amount);
    await dialog.getByRole("button", { name: "Show what would change" }).click();
    await dialog.getByRole("button", { name: "Apply" }).click();
    await expect(dialog).toBeHidden();
  };
  await set("2");
  await expect(page.getByText("289 figures in 289 rows · Sum 578")).toBeVisible();
  await expect(grid(page)).toBeFocused();
  // So the next change is of the same people.
  await set("0");
  await expect(page.getByText("289 figures in 289 rows · Sum 0")).toBeVisible();
  // All of the page but the first row, the admin's.
  await expect(grid(page).locator('[aria-selected="true"]')).toHaveCount(24);
});

test("Enter and Tab go round in what is selected, and typing goes on", async ({ page }) => {
  await openPage(page);
  await put(page, cell(page, "Person 0002", MONTHLY));
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Tab");
  await isHere(page, cell(page, "Person 0002", EXTRA));
  await page.keyboard.press("Tab");
  await isHere(page, cell(page, "Person 0003", MONTHLY));
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await isHere(page, cell(page, "Person 0002", MONTHLY));
  for (const amount of ["11", "12", "13", "14"]) {
    await page.keyboard.type(amount);
    await page.keyboard.press("Enter");
  }
  await isHere(page, cell(page, "Person 0002", MONTHLY));
  await expect(cell(page, "Person 0003", MONTHLY)).toContainText("12");
  await expect(cell(page, "Person 0002", EXTRA)).toContainText("13");
  await expect(cell(page, "Person 0003", EXTRA)).toContainText("14");
  await expect(grid(page).locator('[aria-selected="true"]')).toHaveCount(4);
  // One cell again, and Tab leaves the grid.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(grid(page)).not.toBeFocused();
  await page.getByRole("button", { name: "Discard" }).click();
});

test("who comes and who goes is seen among all members, and the cursor, the drafts and the selection stay", async ({ page }) => {
  await signIn(page);
  const listening = page.waitForResponse(/\/api\/v1\/live/);
  await page.goto(`/allocations?group=${group}&rows=all`);
  await listening;
  await cell(page, "Person 0003", MONTHLY).click();
  await page.keyboard.type("33");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+ArrowDown");
  await isHere(page, cell(page, "Person 0004", MONTHLY));

  await api.post("/people", { email: "person0003a@adventure-works.test", display_name: "Person 0003 a" });
  await expect(row(page, "Person 0003 a")).toBeVisible();
  await expect(cell(page, "Person 0003 a", MONTHLY)).toHaveText("0");
  await expect(cell(page, "Person 0003", MONTHLY)).toContainText("33");
  await isHere(page, cell(page, "Person 0004", MONTHLY));
  await expect(grid(page).locator('[aria-selected="true"]')).toHaveCount(2);

  const { items } = await api.get("/people?search=person0004");
  const { items: groups } = await api.get("/groups");
  const sales = groups.find((each: any) => each.name === "Sales");
  await api.put(`/people/${items[0].id}/group`, { group_id: sales.id, when_short: "bring_credits" });
  await expect(row(page, "Person 0004")).toHaveCount(0);
  // The cursor is where it was, on who stands there now.
  await isHere(page, cell(page, "Person 0005", MONTHLY));
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
});
