// Settings: consequences before credits move, conflicts side by side, a reset and its undo; then looking back.
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { Api, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

test.describe.configure({ mode: "serial" });

let api: Api;

const section = (page: Page, title: string): Locator => page.locator("section").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
const save = (page: Page, title: string): Locator => section(page, title).getByRole("button", { name: /^Save/ });

async function openSettings(page: Page): Promise<void> {
  await signIn(page);
  await page.goto("/allocations/settings");
  await expect(page.getByRole("heading", { name: "Account credit limit" })).toBeVisible();
}

test("an admin lowers the limit, reads the consequences, cancels, and nothing has changed", async ({ page, server }) => {
  api = await Api.found(server);
  const type = await api.creditType();
  const { items } = await api.get(`/credit-types/${type.id}/groups`);
  await api.patch(`/credit-types/${type.id}/groups/${items[0].id}`, { monthly: "30000" }, items[0].etag);
  await openSettings(page);
  await expectAccessible(page);
  await expect(section(page, "Account credit limit")).toContainText("0 used and 0 held in the current cycle; 70,000 unallocated.");
  const limit = page.getByLabel("Credits per cycle");
  await limit.fill("x");
  await save(page, "Account credit limit").click();
  await expect(limit).toHaveAttribute("aria-invalid", "true");
  await limit.fill("20,000");
  await save(page, "Account credit limit").click();
  const dialog = page.getByRole("dialog", { name: "Apply new credit limit?" });
  await expect(dialog).toContainText("From 100,000 to 20,000 credits per cycle");
  await expect(dialog).toContainText("70,000 → −10,000");
  await expect(dialog).toContainText("Groups hold 10,000 more than the limit. Nothing is taken from them");
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(save(page, "Account credit limit")).toBeFocused();
  await expect(limit).toHaveValue("20,000");
  expect((await api.creditType()).limit).toBe("100000");
});

test("then applies it, and the page says what holds", async ({ page }) => {
  await openSettings(page);
  await page.getByLabel("Credits per cycle").fill("20000");
  await save(page, "Account credit limit").click();
  await page.getByRole("button", { name: "Apply change" }).click();
  await expect(page.getByText("Account credit limit: saved.")).toBeVisible();
  await expect(section(page, "Account credit limit")).toContainText("−10,000 unallocated");
  expect((await api.creditType()).limit).toBe("20000");
  await expect(section(page, "History of changes")).toContainText("Ken Sánchez");
  await expectAccessible(page);
});

test("another cadence shows the next reset and the limit per 30 days; cancelling leaves it", async ({ page }) => {
  await openSettings(page);
  await page.getByLabel("Cadence").selectOption({ label: "1 week" });
  await save(page, "Cycle cadence").click();
  const dialog = page.getByRole("dialog", { name: "Apply new cadence?" });
  await expect(dialog).toContainText("Next reset");
  await expect(dialog).toContainText("Limit per 30 days");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect((await api.creditType()).cadence).toBe("calendar_month");
});

test("a reset opens a fresh cycle and is undone", async ({ page }) => {
  const before = (await api.creditType()).cycle.id;
  await openSettings(page);
  await page.getByRole("button", { name: "Reset cycle now…" }).click();
  const dialog = page.getByRole("dialog", { name: "Reset the cycle now?" });
  await expect(dialog).toContainText("Used becomes zero");
  await expect(dialog).toContainText("It can be undone until");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Apply change" }).click();
  await expect(page.getByText("A fresh cycle has begun.")).toBeVisible();
  expect((await api.creditType()).cycle.id).not.toBe(before);
  await page.getByRole("button", { name: "Undo reset…" }).click();
  await page.getByRole("button", { name: "Apply change" }).click();
  await expect(page.getByText("The reset was undone.")).toBeVisible();
  expect((await api.creditType()).cycle.id).toBe(before);
});

test("somebody else's change is shown beside mine and the original, and I choose", async ({ page }) => {
  await openSettings(page);
  await page.getByLabel("Credits per new user").fill("25");
  const type = await api.creditType();
  await api.patch(`/credit-types/${type.id}`, { sign_up: { amount: "50", is_pro_rata: false } }, type.etag);
  const row = section(page, "Initial sign-up credits").getByRole("row", { name: /Credits per new user/ });
  await expect(row.getByRole("cell")).toHaveText(["0", "50", "25"]);
  await expect(page.getByLabel("Credits per new user")).toHaveValue("25");
  await expectAccessible(page);
  await page.getByRole("button", { name: "keep yours" }).click();
  await save(page, "Initial sign-up credits").click();
  await expect(page.getByText("Initial sign-up credits: saved.")).toBeVisible();
  expect((await api.creditType()).sign_up.amount).toBe("25");
});

test("a change of another setting meanwhile stands in nobody's way", async ({ page, problems }) => {
  problems.allow(/status of 412|ERR_FAILED/);
  // This window does not hear of changes.
  await page.route("**/api/v1/live", () => {});
  await openSettings(page);
  const type = await api.creditType();
  await api.patch(`/credit-types/${type.id}`, { name: "AI credits" }, type.etag);
  await page.getByLabel("Beyond Remaining").selectOption({ label: "Block: refuse it" });
  await save(page, "Enforcement").click();
  await expect(page.getByText("Enforcement: saved.")).toBeVisible();
  const after = await api.creditType();
  expect([after.name, after.enforcement]).toEqual(["AI credits", "block"]);
});

test("the organisation's own settings, and a second credit type that is put away again", async ({ page }) => {
  await openSettings(page);
  await page.getByLabel("Denying a request needs a reason").check();
  await save(page, "Organisation").click();
  await expect(page.getByText("Organisation: saved.")).toBeVisible();
  expect((await api.get("/organisation")).denial_needs_reason).toBe(true);
  await page.getByRole("button", { name: "New credit type…" }).click();
  const dialog = page.getByRole("dialog", { name: "New credit type" });
  await dialog.getByRole("button", { name: "Create credit type" }).click();
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await dialog.getByLabel("Name").fill("Certifications");
  await dialog.getByLabel("Credits per cycle").fill("500");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Create credit type" }).click();
  await expect(page.getByRole("button", { name: "Credit type: Certifications" })).toBeVisible();
  await page.getByRole("button", { name: "Archive this credit type" }).click();
  await expect(page.getByRole("button", { name: "Restore this credit type" })).toBeVisible();
});

test("the overview says what needs attention and looks back", async ({ page }) => {
  const type = await api.creditType();
  await api.post(`/credit-types/${type.id}/reset`, {}, type.etag);
  await signIn(page);
  await page.goto("/allocations/overview");
  await expect(page.getByRole("heading", { name: "Needs attention" })).toBeVisible();
  await expect(page.getByText("Groups hold 10,000 more than the limit.").first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: /^Look at the cycle/ }).first().click();
  await expect(page).toHaveURL(/cycle=cyc_/);
  await expect(page.getByText("You are looking back.")).toBeVisible();
  await expect(page.getByRole("definition").filter({ hasText: "Closed" })).toBeVisible();
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(page).not.toHaveURL(/cycle=/);
});
