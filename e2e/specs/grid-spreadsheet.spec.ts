// The grid as a spreadsheet: many rows scrolled, pasted into, filled, worked out, undone and saved.
import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { Api, type Person, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

const PEOPLE: Person[] = Array.from({ length: 1_200 }, (_, index) => {
  const number = String(index + 1).padStart(4, "0");
  return { first: `Person ${number}`, email: `person${number}@adventure-works.test` };
});
const MONTHLY = 3;
const EXTRA = 4;
const DISTRIBUTED = 5;
const AVAILABLE = 7;
const MOST_NODES = 2_000;

test.describe.configure({ mode: "serial" });
test.use({ permissions: ["clipboard-read", "clipboard-write"] });

let api: Api;
let type: string;
let group: string;

const grid = (page: Page): Locator => page.getByRole("grid", { name: "Allocations" });
const row = (page: Page, name: string): Locator => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: false }) }).first();
const cell = (page: Page, name: string, column: number): Locator => row(page, name).locator(`[aria-colindex="${column}"]`);

/** Opens the group with all its members, scrolled to the top. */
async function openAll(page: Page): Promise<void> {
  await signIn(page);
  await page.goto(`/allocations?group=${group}&rows=all`);
  await expect(row(page, "Person 0001")).toBeVisible();
}

/** Selects from one cell to another with the pointer, so that no editor opens. */
async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  await from.hover();
  await page.mouse.down();
  await to.hover();
  await page.mouse.up();
}

/** Puts text into the clipboard as another program would. */
async function clip(page: Page, text: string, html?: string): Promise<void> {
  await page.evaluate(
    async ([text, html]) => {
      const parts: Record<string, Blob> = { "text/plain": new Blob([text!], { type: "text/plain" }) };
      if (html) parts["text/html"] = new Blob([html], { type: "text/html" });
      await navigator.clipboard.write([new ClipboardItem(parts)]);
    },
    [text, html] as const,
  );
}

const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

async function monthly(search: string): Promise<string[]> {
  const { items } = await api.get(`/credit-types/${type}/groups/${group}/members?search=${encodeURIComponent(search)}`);
  return items.map((item: any) => item.monthly);
}

test("a large group scrolls with few nodes, and every row can be reached", async ({ page, server }) => {
  api = await Api.found(server, { limit: "1000000" });
  await api.importPeople(PEOPLE);
  type = (await api.creditType()).id;
  const { items } = await api.get(`/credit-types/${type}/groups`);
  group = items[0].id;
  await api.patch(`/credit-types/${type}/groups/${group}`, { monthly: "500000" }, items[0].etag);

  await openAll(page);
  const nodes = () => grid(page).evaluate((table) => table.querySelectorAll("*").length);
  await expect(page.getByText("1,201 members")).toHaveCount(0);
  // Heading, group, members' heading, 1,201 members, foot.
  await expect(grid(page)).toHaveAttribute("aria-rowcount", "1205");
  expect(await nodes()).toBeLessThan(MOST_NODES);

  await page.locator(".grid-scroll").evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight / 2));
  await expect(row(page, "Person 0600")).toBeVisible();
  expect(await nodes()).toBeLessThan(MOST_NODES);
  // What the members are taken from stays in sight above them.
  await expect(cell(page, "Default", AVAILABLE)).toBeInViewport();

  await grid(page).focus();
  await page.keyboard.press("Control+End");
  await expect(page.getByText("1,201 members")).toBeInViewport();
  await expect(row(page, "Person 1200")).toBeInViewport();
  await expect(row(page, "Person 1200")).toHaveAttribute("aria-rowindex", "1204");
  expect(await nodes()).toBeLessThan(MOST_NODES);
  await page.keyboard.press("Control+Home");
  await expect(row(page, "Person 0001")).toBeInViewport();
  await expectAccessible(page);
});

test("500 cells are pasted from a spreadsheet, one of them invalid; the rest is saved in one request", async ({ page }) => {
  test.slow();
  await openAll(page);
  const lines = PEOPLE.slice(0, 500).map((_, index) => (index === 249 ? "n/a" : index % 2 ? "100" : "1,000.50"));
  await clip(page, lines.join("\r\n") + "\r\n");
  await cell(page, "Person 0001", MONTHLY).click();
  await page.keyboard.press("Control+v");
  await expect(page.getByText("Pasted into 500 cells. 1 of them cannot be read; the reason stands below it.")).toBeVisible();
  await expect(page.getByText("500 unsaved changes")).toBeVisible();
  await expect(cell(page, "Person 0001", MONTHLY)).toContainText("1,000.5");
  // 250 × 1,000.5 + 249 × 100
  await expect(cell(page, "Default", DISTRIBUTED)).toHaveText("275,025");
  await expect(cell(page, "Default", AVAILABLE)).toHaveText("224,975");

  const saves: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH" && request.url().endsWith("/members")) saves.push(request.postDataJSON().items.length);
  });
  await page.getByRole("button", { name: "Save all" }).click();
  await expect(page.getByText("Saved 499 rows. 1 row was not saved; the reason stands below it.")).toBeVisible();
  expect(saves).toEqual([499]);
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await expect(cell(page, "Person 0250", MONTHLY)).toContainText("n/a");
  await expect(cell(page, "Person 0250", MONTHLY)).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("Monthly: This is not a number. Write it like 1234.5.")).toBeVisible();
  expect(await monthly("person0001")).toEqual(["1000.5"]);
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
});

test("an undo after a save is a new edit, saved under the same rules", async ({ page }) => {
  await openAll(page);
  await cell(page, "Person 0001", MONTHLY).click();
  await page.keyboard.type("7");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save all" }).click();
  await expect(page.getByText("Saved. Person 0001’s Monthly is now 7.")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(cell(page, "Person 0001", MONTHLY)).toContainText("1,000.5");
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await page.keyboard.press("Control+Shift+z");
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved. Person 0001’s Monthly is now 1,000.5.")).toBeVisible();
  // The banner takes a save back, and saves that.
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect(page.getByText("Saved. Person 0001’s Monthly is now 7.")).toBeVisible();
  expect(await monthly("person0001")).toEqual(["7"]);
});

test("ranges are selected, summed, copied and filled", async ({ page }) => {
  await openAll(page);
  await drag(page, cell(page, "Person 0002", MONTHLY), cell(page, "Person 0004", EXTRA));
  await expect(page.getByText("6 figures in 3 rows · Sum 1,200.5 · Average 200.083333")).toBeVisible();
  await expect(grid(page).locator('[aria-selected="true"]')).toHaveCount(6);
  await page.keyboard.press("Control+c");
  expect(await clipboard(page)).toBe("100\t0\r\n1000.5\t0\r\n100\t0");

  // Over a selection twice its size the block is laid down twice.
  await drag(page, cell(page, "Person 0005", MONTHLY), cell(page, "Person 0010", EXTRA));
  await page.keyboard.press("Control+v");
  await expect(cell(page, "Person 0006", MONTHLY)).toContainText("1,000.5");
  await expect(cell(page, "Person 0009", MONTHLY)).toContainText("1,000.5");
  await page.keyboard.press("Control+z");
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);

  // Ctrl + D, with the keyboard alone.
  await cell(page, "Person 0002", MONTHLY).click();
  await page.keyboard.type("40");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Control+d");
  await expect(page.getByText("3 unsaved changes")).toBeVisible();
  await expect(cell(page, "Person 0004", MONTHLY)).toContainText("40");

  // The square at the corner.
  await page.locator(".fill-handle").hover();
  await page.mouse.down();
  await cell(page, "Person 0008", MONTHLY).hover();
  await page.mouse.up();
  await expect(page.getByText("7 unsaved changes")).toBeVisible();
  await expect(cell(page, "Person 0008", MONTHLY)).toContainText("40");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Discard" }).click();
  await page.keyboard.press("Control+z");
  await expect(page.getByText("7 unsaved changes")).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
});

test("formulas work out, on a cell and on a whole selection", async ({ page }) => {
  await openAll(page);
  await cell(page, "Person 0002", MONTHLY).click();
  await page.keyboard.type("=(3+4)*2");
  await expect(cell(page, "Default", DISTRIBUTED)).not.toHaveText("275,025");
  await page.keyboard.press("Enter");
  await expect(cell(page, "Person 0002", MONTHLY)).toContainText("14");
  await drag(page, cell(page, "Person 0002", MONTHLY), cell(page, "Person 0004", MONTHLY));
  await page.keyboard.type("+10%");
  await page.keyboard.press("Control+Enter");
  await expect(cell(page, "Person 0002", MONTHLY)).toContainText("15.4");
  await expect(cell(page, "Person 0003", MONTHLY)).toContainText("1,100.55");
  await expect(cell(page, "Person 0004", MONTHLY)).toContainText("110");
  await cell(page, "Person 0004", MONTHLY).click();
  await page.keyboard.type("=1/0");
  await expect(page.getByText("Nothing can be divided by 0.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(cell(page, "Person 0004", MONTHLY)).toContainText("110");
  await page.getByRole("button", { name: "Discard" }).click();
});

test("exact numbers of a table count; rows beyond the last member are left out, and said", async ({ page }) => {
  await openAll(page);
  await cell(page, "Person 0002", MONTHLY).click();
  await clip(page, "0.13\t1", '<table><tr><td data-sheets-value=\'{"1":3,"3":0.125}\'>0.13</td><td>1</td></tr></table>');
  await page.keyboard.press("Control+v");
  await expect(cell(page, "Person 0002", EXTRA)).toContainText("1");
  await page.keyboard.press("Control+z");
  await grid(page).focus();
  await page.keyboard.press("Control+End");
  await clip(page, "1\n2\n3");
  await cell(page, "Person 1200", MONTHLY).click();
  await page.keyboard.press("Control+v");
  await expect(page.getByText("Pasted into 1 cell. 2 rows were left out: there are no more members in this view.")).toBeVisible();
  await page.keyboard.press("Control+z");
  await clip(page, Array(8).fill("1").join("\t"));
  await page.keyboard.press("Control+v");
  await expect(page.getByText("Nothing was pasted: it has 8 columns, and from here there are only 6.")).toBeVisible();
  await expect(page.getByText(/unsaved change/)).toHaveCount(0);
});

test("what is selected is summed and copied to its last row, read or not", async ({ page }) => {
  await openAll(page);
  await cell(page, "Person 0003", MONTHLY).click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Shift+ArrowDown");
  // At once, before the rows were read.
  await page.keyboard.press("Control+c");
  await expect(page.getByText("1,198 rows copied.").first()).toBeVisible();
  const copied = (await clipboard(page)).split("\r\n");
  expect(copied).toHaveLength(1_198);
  expect([copied[0], copied[1], copied.at(-1)]).toEqual(["1000.5", "100", "0"]);
  await expect(page.getByText(/^1,198 figures in 1,198 rows · Sum 273,924\.5/)).toBeVisible();
});

test("the order and the filter are in the address", async ({ page }) => {
  await openAll(page);
  await grid(page).locator(".member-head").getByRole("button", { name: "Monthly" }).click();
  await expect(page).toHaveURL(/sort=monthly_descending/);
  await expect(page.getByRole("columnheader", { name: "Monthly" }).nth(1)).toHaveAttribute("aria-sort", "descending");
  await expect(row(page, "Person 0003")).toBeVisible();
  await expect(row(page, "Person 0002")).toHaveCount(0);
  await page.getByLabel("Which members").selectOption("Without Monthly");
  await expect(page).toHaveURL(/filter=without_monthly/);
  await expect(row(page, "Person 0003")).toHaveCount(0);
  await page.reload();
  await expect(page.getByLabel("Which members")).toHaveValue("without_monthly");
  await page.getByRole("button", { name: "Compact" }).click();
  await expect(page).toHaveURL(/density=compact/);
});

test("an amount is split among a whole view, and taken back", async ({ page }) => {
  await openAll(page);
  await page.getByRole("button", { name: "Bulk actions" }).click();
  await page.getByRole("menuitem", { name: "Distribute equally…" }).click();
  const dialog = page.getByRole("dialog", { name: "Distribute equally" });
  await dialog.getByLabel("Credits for all of them together").fill("100,000");
  await dialog.getByRole("button", { name: "Show what would change" }).click();
  // 100,000 ÷ 1,201, to the last cent; the only admin may set an own row.
  await expect(dialog.getByText("Each has from 83.26 to 83.27 then.")).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("Saved. Monthly of 1,201 members is as you said.")).toBeVisible();
  await expect(cell(page, "Default", DISTRIBUTED)).toHaveText("100,000");
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect(page.getByText("Saved 1,201 rows.")).toBeVisible();
  expect(await monthly("person0003")).toEqual(["1000.5"]);
});

test("a view is exported, changed and imported again, with the difference first", async ({ page }) => {
  await openAll(page);
  await page.getByRole("searchbox", { name: "Search members in Default" }).fill("person000");
  await expect(page.getByText("9 members")).toBeVisible();
  await page.getByRole("button", { name: "Bulk actions" }).click();
  const waiting = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as CSV" }).click();
  const download = await waiting;
  expect(download.suggestedFilename()).toBe("Default.csv");
  const text = await readFile(await download.path(), "utf8");
  expect(text.trim().split(/\r?\n/)).toHaveLength(10);

  await page.getByRole("button", { name: "Bulk actions" }).click();
  await page.getByRole("menuitem", { name: "Import CSV…" }).click();
  const dialog = page.getByRole("dialog", { name: "Import allocations" });
  const [head, ...rest] = text.trim().split(/\r?\n/);
  const changed = rest.map((line) => line.replace("1000.5", "31"));
  changed.push("nobody@adventure-works.test" + ",".repeat(head!.split(",").length - 1));
  await dialog.locator('input[type="file"]').setInputFiles({ name: "new.csv", mimeType: "text/csv", buffer: Buffer.from([head, ...changed].join("\n")) });
  await expect(dialog.getByText("would change. Nothing is written yet.")).toBeVisible();
  // Every other one of the nine had 1,000.5, but for the first.
  await expect(dialog.getByRole("button", { name: "4 Changed" })).toBeVisible();
  await expect(dialog.getByRole("button", { name: "1 Refused" })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Apply" }).click();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(cell(page, "Person 0003", MONTHLY)).toHaveText("31");
});

test("selected members move to another group, each with an answer", async ({ page }) => {
  const { id } = await api.post("/groups", { name: "Engineering" });
  await openAll(page);
  await drag(page, cell(page, "Person 0003", MONTHLY), cell(page, "Person 0005", MONTHLY));
  await page.getByRole("button", { name: "Bulk actions" }).click();
  await page.getByRole("menuitem", { name: "Move to a group…" }).click();
  const dialog = page.getByRole("dialog", { name: "Move to a group" });
  await dialog.getByLabel("If the group lacks the credits").selectOption("Bring the credits along");
  await dialog.getByRole("button", { name: "Move" }).click();
  await expect(dialog.getByText("Moved 3 of 3.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(row(page, "Person 0003")).toHaveCount(0);
  const { items } = await api.get(`/credit-types/${type}/groups/${id}/members`);
  expect(items.map((item: any) => item.person.display_name)).toEqual(["Person 0003", "Person 0004", "Person 0005"]);
});

test("what somebody else changes is seen among all members, and what was typed stays", async ({ page }) => {
  await openAll(page);
  await cell(page, "Person 0001", MONTHLY).click();
  await page.keyboard.type("41");
  await page.keyboard.press("Enter");
  let orders = 0;
  page.on("request", (request) => (orders += Number(request.url().includes("member-order"))));
  const { items } = await api.get(`/credit-types/${type}/groups/${group}/members?search=person0002`);
  await api.patch(`/credit-types/${type}/members/${items[0].person.id}`, { monthly: "77" }, items[0].etag);
  await expect(cell(page, "Person 0002", MONTHLY)).toHaveText("77");
  await expect(cell(page, "Person 0001", MONTHLY)).toContainText("41");
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  expect(orders, "the long order of ids is not read again").toBe(0);
  await page.getByRole("button", { name: "Discard" }).click();
});
