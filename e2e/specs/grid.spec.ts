// The allocation grid: expand, edit in place, see what it changes, save; refusals keep the input; all of it by keyboard.
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { ADMIN, Api, type Person, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

const NAMED: Person[] = [
  { first: "Aaron", email: "aaron@adventure-works.test" },
  { first: "Abigail", email: "abigail@adventure-works.test" },
  { first: "Álvaro", email: "alvaro@adventure-works.test" },
];
const CROWD: Person[] = Array.from({ length: 27 }, (_, index) => {
  const number = String(index + 1).padStart(2, "0");
  return { first: `Person ${number}`, email: `person${number}@adventure-works.test` };
});

test.describe.configure({ mode: "serial" });

let api: Api;

const row = (page: Page, name: string): Locator => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: false }) }).first();
const cell = (page: Page, name: string, column: number): Locator => row(page, name).locator(`[aria-colindex="${column}"]`);
const MONTHLY = 3;
const EXTRA = 4;
const DISTRIBUTED = 5;
const AVAILABLE = 7;
const REMAINING = 8;

async function openGrid(page: Page, query = ""): Promise<void> {
  await signIn(page);
  await page.goto(`/allocations${query}`);
  await expect(page.getByRole("grid", { name: "Allocations" })).toBeVisible();
}

async function openDefault(page: Page): Promise<void> {
  await openGrid(page);
  await page.getByRole("button", { name: "Members of Default" }).click();
  await expect(page.getByText("1–25 of 31")).toBeVisible();
}

test("an organisation without people says what to do first", async ({ page, server }) => {
  api = await Api.found(server);
  await openGrid(page);
  await expect(page.getByText("There are no people yet")).toBeVisible();
  await expect(page.getByRole("link", { name: "Import your people" })).toHaveAttribute("href", "/people?import=1");
  await api.importPeople([...NAMED, ...CROWD]);
});

test("a group is expanded, paged and searched, also with the slash key", async ({ page }) => {
  await openDefault(page);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("26–31 of 31")).toBeVisible();
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(page.getByText("1–25 of 31")).toBeVisible();
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox", { name: "Search members in Default" });
  await expect(search).toBeFocused();
  await page.keyboard.type("alvaro");
  await expect(row(page, "Álvaro")).toBeVisible();
  await expect(row(page, "Aaron")).toHaveCount(0);
  await search.fill("nobody at all");
  await expect(page.getByText("Nobody in this group matches")).toBeVisible();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await expect(row(page, "Aaron")).toBeVisible();
});

test("a cell is edited in place, previewed and saved", async ({ page }) => {
  await openDefault(page);
  await cell(page, "Default", MONTHLY).click();
  await page.keyboard.type("3,000");
  await expect(page.getByText("was 0 · 100,000 unallocated → 97,000")).toBeVisible();
  await page.keyboard.press("Enter");
  await row(page, "Default").getByRole("button", { name: "Save Default" }).click();
  await expect(page.getByText("Saved. Default’s Monthly is now 3,000. Default has 3,000 available.")).toBeVisible();

  await cell(page, "Aaron", MONTHLY).click();
  await page.keyboard.type("450");
  await expect(page.getByText("was 0 · 3,000 available in Default → 2,550")).toBeVisible();
  await expect(cell(page, "Default", DISTRIBUTED)).toHaveText("450");
  await expect(cell(page, "Default", AVAILABLE)).toHaveText("2,550");
  await expect(cell(page, "Aaron", REMAINING)).toHaveText("450");
  await page.keyboard.press("Enter");
  await expect(row(page, "Aaron").getByText("Unsaved")).toBeVisible();
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await row(page, "Aaron").getByRole("button", { name: "Save Aaron" }).click();
  await expect(page.getByText("Saved. Aaron’s Monthly is now 450. Default has 2,550 available.")).toBeVisible();
  await expect(row(page, "Aaron").getByText("Unsaved")).toHaveCount(0);
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(cell(page, "Aaron", MONTHLY)).toHaveText("450");
});

test("a refused save keeps the input and says by how much", async ({ page, problems }) => {
  test.slow();
  problems.allow(/status of 409/);
  await openDefault(page);
  await cell(page, "Abigail", MONTHLY).click();
  await page.keyboard.type("2700");
  await page.keyboard.press("Enter");
  await row(page, "Abigail").getByRole("button", { name: "Save Abigail" }).click();
  await expect(page.getByText(/Monthly: .*It is 150 too much\./)).toBeVisible();
  await expect(cell(page, "Abigail", MONTHLY)).toContainText("2,700");
  await expect(cell(page, "Abigail", MONTHLY)).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(page);
  await cell(page, "Abigail", MONTHLY).click();
  await page.keyboard.type("abc");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Monthly: This is not a number. Write it like 1234.5.")).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(cell(page, "Abigail", MONTHLY)).toHaveText("0");
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
});

test("everything works from the keyboard", async ({ page }) => {
  await openGrid(page);
  const grid = page.getByRole("grid", { name: "Allocations" });
  await grid.focus();
  await page.keyboard.press("Enter");
  await expect(row(page, "Aaron")).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  const active = () => grid.getAttribute("aria-activedescendant");
  expect(await active()).toBe(await cell(page, "Aaron", MONTHLY).getAttribute("id"));
  await page.keyboard.press("F2");
  await page.keyboard.press("Escape");
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
  await expect(grid).toBeFocused();
  await page.keyboard.type("460");
  await page.keyboard.press("Tab");
  await page.keyboard.type("25");
  await page.keyboard.press("Enter");
  await expect(page.getByText("2 unsaved changes")).toBeVisible();
  await page.keyboard.press("Control+Home");
  expect(await active()).toBe(await row(page, "Default").getByRole("rowheader").getAttribute("id"));
  await page.keyboard.press("End");
  expect(await active()).toMatch(/-9$/);
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved. Aaron’s Monthly is now 460, Extra is now 25.")).toBeVisible();
  await expect(grid).toBeFocused();
  // One tab stop: outside an edit, Tab leaves the grid's cells.
  await page.keyboard.press("Tab");
  await expect(grid).not.toBeFocused();
});

test("several rows are saved in one step, each with its own answer", async ({ page, problems }) => {
  problems.allow(/status of 409/);
  await openDefault(page);
  await cell(page, "Abigail", MONTHLY).click();
  await page.keyboard.type("100");
  await page.keyboard.press("Enter");
  await page.keyboard.type("99999");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save all" }).click();
  await expect(page.getByText("Saved 1 row. 1 row was not saved; the reason stands below it.")).toBeVisible();
  await expect(cell(page, "Abigail", MONTHLY)).toHaveText("100");
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
});

test("what is unsaved survives a reload and is asked about when leaving", async ({ page }) => {
  await openDefault(page);
  await cell(page, "Álvaro", EXTRA).click();
  await page.keyboard.type("12.5");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "People" }).click();
  await page.getByRole("button", { name: "Stay here" }).click();
  page.once("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await expect(cell(page, "Álvaro", EXTRA)).toContainText("12.5");
  await page.getByRole("button", { name: "Save all" }).click();
  await expect(page.getByText("Saved. Álvaro’s Extra is now 12.5.")).toBeVisible();
});

test("a row that somebody else changed shows both and lets one choose", async ({ page, problems }) => {
  test.slow();
  problems.allow(/status of 412/);
  await openDefault(page);
  await cell(page, "Aaron", MONTHLY).click();
  await page.keyboard.type("480");
  await page.keyboard.press("Enter");
  const { id } = await api.creditType();
  const { items: groups } = await api.get(`/credit-types/${id}/groups`);
  const { items: members } = await api.get(`/credit-types/${id}/groups/${groups[0].id}/members?search=aaron`);
  await api.patch(`/credit-types/${id}/members/${members[0].person.id}`, { monthly: "470" }, members[0].etag);
  await row(page, "Aaron").getByRole("button", { name: "Save Aaron" }).click();
  await expect(page.getByText("it was 460, you typed 480, somebody else saved 470.")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Keep mine" }).click();
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved. Aaron’s Monthly is now 480.")).toBeVisible();
});

test("every figure opens how it adds up, and grants and charges are made there", async ({ page }) => {
  test.slow();
  await openDefault(page);
  await cell(page, "Aaron", REMAINING).getByRole("button").click();
  const dialog = page.getByRole("dialog", { name: "Aaron" });
  await expect(dialog.getByText("480 Monthly")).toBeVisible();
  // Beside it the grid stays in use, and the details follow the cursor.
  await page.getByRole("grid", { name: "Allocations" }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("dialog", { name: "Abigail" }).getByText("100 Monthly")).toBeVisible();
  await page.keyboard.press("ArrowUp");
  await expect(dialog.getByText("480 Monthly")).toBeVisible();
  await expect(dialog.getByText("= 505")).toBeVisible();
  await dialog.getByRole("button", { name: "Charge…" }).click();
  await dialog.getByLabel("Credits").fill("12.25");
  await dialog.getByLabel("What it was").fill("Load test");
  await dialog.getByRole("button", { name: "Charge", exact: true }).click();
  await expect(page.getByText("Charged 12.25.")).toBeVisible();
  await expect(dialog.getByText("= 492.75")).toBeVisible();
  await dialog.getByRole("button", { name: "Grant…" }).click();
  await dialog.getByLabel("Credits").fill("7");
  await dialog.getByLabel("Lapses").selectOption("A date");
  await dialog.getByLabel("At the end of").fill("2027-01-31");
  await dialog.getByLabel("Reason").fill("For the conference");
  await dialog.getByRole("button", { name: "Grant", exact: true }).click();
  await expect(page.getByText("Granted 7.")).toBeVisible();
  await expect(dialog.getByRole("row", { name: /For the conference.*1 Feb 2027, 00:00/ })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(cell(page, "Aaron", REMAINING)).toHaveText("499.75");
  await cell(page, "Default", AVAILABLE).getByRole("button").click();
  await expect(page.getByRole("dialog", { name: "Default" }).getByText("Distributed")).toBeVisible();
});

test("a group's owner distributes within it, an auditor only reads", async ({ openWindow }) => {
  const owner = await api.letIn(CROWD[0]!.email);
  const auditor = await api.letIn(CROWD[1]!.email);
  const { items: groups } = await api.get("/groups");
  await api.patch(`/groups/${groups[0].id}`, { owner_id: owner.id }, groups[0].etag);
  await api.put(`/people/${auditor.id}/role`, { role: "auditor" });

  const theirs = await openWindow();
  await signIn(theirs, { ...ADMIN, email: owner.email });
  await theirs.getByRole("link", { name: "Credits & Allocations" }).click();
  await theirs.getByRole("button", { name: "Members of Default" }).click();
  await expect(cell(theirs, "Aaron", MONTHLY)).toHaveAttribute("aria-readonly", "false");
  await expect(cell(theirs, "Default", MONTHLY)).toHaveAttribute("aria-readonly", "true");
  await expect(theirs.getByRole("link", { name: "Settings" })).toHaveCount(0);
  await expect(cell(theirs, "Person 01", MONTHLY)).toHaveAttribute("aria-readonly", "true");

  const readers = await openWindow();
  await signIn(readers, { ...ADMIN, email: auditor.email });
  await readers.getByRole("button", { name: "Members of Default" }).click();
  await expect(row(readers, "Aaron")).toBeVisible();
  await expect(readers.locator('[aria-readonly="false"]')).toHaveCount(0);
  await readers.getByRole("link", { name: "Settings" }).click();
  await expect(readers.getByText("Only an admin can change these settings.")).toBeVisible();
});

test("the overview and the settings tell the same figures", async ({ page }) => {
  test.slow();
  await openGrid(page);
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await expect(page.getByText("99,987.75")).toBeVisible();
  await expect(page.getByRole("img", { name: /^12.25 of 100,000 credits used/ })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("12.25 used and 0 held in the current cycle")).toBeVisible();
  await page.getByLabel("Credits per cycle").fill("2,000");
  await page.getByRole("button", { name: /^Save….*Account credit limit/ }).click();
  await page.getByRole("button", { name: "Apply change" }).click();
  await expect(page.getByText("Account credit limit: saved.")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await expect(page.getByText("Groups hold 1,000 more than the limit.").first()).toBeVisible();
});
