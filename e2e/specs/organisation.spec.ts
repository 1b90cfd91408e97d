// The organisation's own pages: set-up, people and their file, groups, access, the books. Everything by role and label.
import type { BrowserContext, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { ADMIN, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

const FILE = [
  "employee_number,email,display_name,title,department,manager_email,hired_on,shoe_size",
  "1,ken0@adventure-works.test,Ken,Chief Executive Officer,Executive,,2009-01-14,44",
  "2,terri0@adventure-works.test,Terri,Vice President,Engineering,ken0@adventure-works.test,2008-01-31,38",
  "3,françois0@adventure-works.test,François,Engineer,Engineering,terri0@adventure-works.test,2007-11-11,43",
  "4,zoe0@adventure-works.test,Zoë,Engineer,Engineering,nobody@adventure-works.test,2007-11-11,40",
].join("\r\n");

test.describe.configure({ mode: "serial" });

// Signing in is braked, so the admin signs in once and stays it from test to test, as in one browser.
let cookies: Awaited<ReturnType<BrowserContext["cookies"]>> = [];

test.beforeEach(async ({ context }) => {
  if (cookies.length === 0) return;
  await context.addCookies(cookies);
  await context.addInitScript(() => {
    // Not in the blank pages that checks open.
    if (location.protocol === "http:") localStorage.setItem("allowance-signed-in", "1");
  });
});

test.afterEach(async ({ context }) => {
  cookies = await context.cookies();
});

async function chooseFile(page: Page, text: string): Promise<void> {
  await page.getByLabel(/Choose a CSV file/).setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
}

async function openPerson(page: Page, name: string): Promise<void> {
  await page.goto(`/people?search=${encodeURIComponent(name)}`);
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Person" }).getByLabel("Name", { exact: true })).toHaveValue(name);
}

test("set-up names what is missing, focuses it, and signs the first admin in", async ({ page, server, problems }) => {
  problems.allow(/status of 403/);
  await page.goto("/");
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page.getByLabel("One-time token")).toBeFocused();
  await expect(page.getByLabel("One-time token")).toHaveAttribute("aria-invalid", "true");
  const fields = {
    "One-time token": "wrong",
    "Time zone": "Europe/Berlin",
    Currency: "EUR",
    "E-mail": ADMIN.email,
    Password: ADMIN.password,
  };
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("group", { name: "Your organisation" }).getByLabel("Name").fill("Adventure Works");
  await page.getByRole("group", { name: "You, the first admin" }).getByLabel("Name").fill(ADMIN.name);
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page.getByLabel("One-time token")).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("This token is wrong");
  await page.getByLabel("One-time token").fill(server.setupToken);
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page).toHaveURL("/allocations");
  await expect(page.getByRole("heading", { level: 1, name: "Credits & Allocations" })).toBeFocused();
});

test("a file shows its difference, is applied, and changes nothing the second time", async ({ page }) => {
  await page.goto("/people");
  await page.getByRole("button", { name: "Import CSV" }).click();
  await expectAccessible(page);
  await chooseFile(page, FILE);
  await expect(page.getByRole("button", { name: "3 Added" })).toBeVisible();
  await expect(page.getByText("shoe_size")).toBeVisible();
  await page.getByRole("button", { name: "1 Refused" }).click();
  await expect(page.getByRole("row", { name: /Zoë/ })).toContainText("nobody has this address");
  // Nobody is here yet: those of the first file were there before.
  await expect(page.getByRole("checkbox", { name: /3 new people join now/ })).not.toBeChecked();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("people.csv was imported")).toBeVisible();
  await page.getByRole("button", { name: "Import another file" }).click();
  await chooseFile(page, FILE);
  await expect(page.getByRole("button", { name: "3 Unchanged" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Apply" })).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL("/people");
  await expect(page.getByText("1–4 of 4")).toBeVisible();
});

test("a file that is none says what it lacks", async ({ page, problems }) => {
  problems.allow(/status of 422/);
  await page.goto("/people?import=1");
  await chooseFile(page, "name;age\nKen;7\n");
  await expect(page.getByRole("alert")).toContainText("it lacks email");
});

test("people are found with and without accents, and filters stand in the address", async ({ page }) => {
  await page.goto("/people");
  await page.getByRole("searchbox", { name: "Search people" }).fill("francois");
  await expect(page.getByText("1 of 1")).toBeVisible();
  await expect(page).toHaveURL(/search=francois/);
  await page.getByLabel("Status").selectOption({ label: "Suspended" });
  await expect(page.getByRole("heading", { name: "No results" })).toBeVisible();
  await page.getByRole("button", { name: /Status: Suspended/ }).click();
  await expect(page.getByRole("link", { name: "François" })).toBeVisible();
  await page.reload();
  await expect(page.getByText("1 of 1")).toBeVisible();
  await expectAccessible(page);
});

test("who leaves is shown what it does first, is out, and can come back", async ({ page }) => {
  await openPerson(page, "François");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Let them leave…" }).click();
  const consequences = dialog.getByRole("group", { name: "What leaving does" });
  await expect(consequences).toContainText("can no longer sign in or spend");
  await expectAccessible(page);
  await consequences.getByRole("button", { name: "Cancel" }).click();
  await expect(consequences).toBeHidden();
  await dialog.getByRole("button", { name: "Let them leave…" }).click();
  await consequences.getByRole("button", { name: "François leaves" }).click();
  await expect(page.getByText("François has left.")).toBeVisible();
  await dialog.getByRole("button", { name: "Reinstate" }).click();
  await expect(page.getByText("François is now active.")).toBeVisible();
});

test("groups are made, named once, and people move into them", async ({ page, problems }) => {
  problems.allow(/status of 409/);
  await page.goto("/groups");
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("Name").fill("Engineering");
  await page.getByRole("combobox", { name: "Owner" }).fill("terri");
  await page.getByRole("option", { name: /Terri/ }).click();
  await page.getByRole("button", { name: "Create group" }).click();
  await expect(page.getByRole("row", { name: /Engineering/ })).toContainText("Terri");
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("Name").fill("ENGINEERING");
  await page.getByRole("button", { name: "Create group" }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("This name is taken");
  await openPerson(page, "François");
  await page.getByRole("dialog").getByLabel("Group").selectOption({ label: "Engineering" });
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await expect(page.getByText("François is now in Engineering.")).toBeVisible();
});

test("a dialog with unsaved changes asks before it closes, and a stale one shows what is there now", async ({
  page,
  openWindow,
  problems,
}) => {
  problems.allow(/status of 412/);
  await openPerson(page, "Terri");
  await page.getByLabel("Location").fill("Berlin");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Keep editing" }).click();
  const other = await openWindow();
  await signIn(other);
  await openPerson(other, "Terri");
  await other.getByLabel("Title").fill("Chief Engineer");
  await other.getByRole("button", { name: "Save details" }).click();
  await expect(other.getByText("Terri was saved.")).toBeVisible();
  await page.getByRole("button", { name: "Save details" }).click();
  await expect(page.getByText("Somebody changed this since you opened it.")).toBeVisible();
  await page.getByRole("button", { name: "Show the current values" }).click();
  await expect(page.getByLabel("Title")).toHaveValue("Chief Engineer");
  await expectAccessible(page);
});

test("an invited member chooses a password and sees a wallet and nothing of the organisation", async ({ page, openWindow }) => {
  await openPerson(page, "François");
  await page.getByRole("button", { name: "Create an invitation link" }).click();
  const link = new URL(await page.getByLabel("Invitation link").inputValue());
  const member = await openWindow();
  await member.goto(`${link.pathname}${link.hash}`);
  await member.getByLabel("New password").fill("another good one");
  await member.getByLabel("The same again").fill("another good one");
  await member.getByRole("button", { name: "Save and sign in" }).click();
  await expect(member).toHaveURL("/wallet");
  await expect(member.getByRole("heading", { name: "AI usage" })).toBeVisible();
  await expect(member.getByRole("navigation", { name: "Main" }).getByRole("link")).toHaveText([/My wallet/]);
  await expectAccessible(member);
  await member.getByRole("button", { name: /Where each figure comes from/ }).click();
  await expect(member.getByRole("dialog", { name: "AI usage: how it adds up" })).toContainText("What this person can still spend");
  await expectAccessible(member);
  await member.goto("/people");
  await expect(member.getByRole("heading", { name: "You do not have access to this" })).toBeVisible();
});

test("a manager sees the rows of their reports", async ({ page, openWindow }) => {
  await openPerson(page, "Terri");
  await page.getByRole("button", { name: "Create an invitation link" }).click();
  const link = new URL(await page.getByLabel("Invitation link").inputValue());
  const manager = await openWindow();
  await manager.goto(`${link.pathname}${link.hash}`);
  await manager.getByLabel("New password").fill("a manager's password");
  await manager.getByLabel("The same again").fill("a manager's password");
  await manager.getByRole("button", { name: "Save and sign in" }).click();
  await manager.getByRole("link", { name: "My reports" }).click();
  await expect(manager.getByRole("row", { name: /François/ })).toBeVisible();
  await expect(manager.getByRole("heading", { level: 1, name: "My reports" })).toBeFocused();
  await expectAccessible(manager);
  await manager.getByRole("row", { name: /François/ }).getByRole("button", { name: "how it adds up" }).click();
  await expect(manager.getByRole("dialog", { name: "François" })).toContainText("Monthly");
});

test("the ledger proves itself and is handed over as CSV, and the audit log tells who did what", async ({ page }) => {
  await page.goto("/ledger");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Prove it in Books" }).click();
  await expect(page.getByText("The books prove themselves")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Prove now" }).click();
  await expect(page.getByText("The books prove themselves")).toBeVisible();
  await page.getByRole("link", { name: "To the ledger" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  expect((await download).suggestedFilename()).toBe("ledger.csv");
  await page.goto("/audit");
  await page.getByRole("button", { name: "Move person" }).first().click();
  await expect(page).toHaveURL(/action=move_person/);
  await expect(page.getByRole("row", { name: /Ken Sánchez/ })).toHaveCount(1);
  await expectAccessible(page);
});

test("a session that ends keeps the page and goes on after sign-in", async ({ page, problems }) => {
  problems.allow(/status of 401/);
  await page.goto("/people");
  await expect(page.getByText("1–4 of 4")).toBeVisible();
  // The server forgets the session; the page only learns by its next question.
  await page.route("**/api/v1/people?*", (route) => route.fulfill({ status: 401, body: "" }), { times: 1 });
  await page.route("**/api/v1/session/refresh", (route) => route.fulfill({ status: 401, body: "" }), { times: 1 });
  await page.getByRole("searchbox", { name: "Search people" }).fill("terri");
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.getByLabel("Password").fill(ADMIN.password);
  await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("1 of 1")).toBeVisible();
  await expect(page.getByRole("searchbox", { name: "Search people" })).toHaveValue("terri");
});

test("deleting a group says what becomes of its people, and they are in Default again", async ({ page }) => {
  await page.goto("/groups");
  await page.getByRole("button", { name: "Delete Engineering" }).click();
  await expect(page.getByRole("dialog", { name: "Delete Engineering?" })).toContainText("1 person moves to Default");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete group" }).click();
  await expect(page.getByText("Engineering was deleted.")).toBeVisible();
  await expect(page.getByRole("link", { name: "4 people in Default" })).toBeVisible();
});

test("the drawer opens and closes on a narrow screen", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 740 });
  await page.goto("/wallet");
  await expect(page.getByRole("link", { name: "People" })).toBeHidden();
  const button = page.getByRole("button", { name: "Navigation" });
  await button.click();
  await expect(page.getByRole("link", { name: "My wallet" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
  await expect(page.getByRole("link", { name: "People" })).toBeHidden();
  // To where one is already leads out of it too.
  await button.click();
  await page.getByRole("link", { name: "My wallet" }).click();
  await expect(page.getByRole("link", { name: "People" })).toBeHidden();
  await button.click();
  await page.getByRole("link", { name: "People" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "People" })).toBeFocused();
  await expect(page.getByRole("link", { name: "Groups" })).toBeHidden();
});

test("signing out leads to the sign-in page, and a wrong password is told from nothing else", async ({ page, problems }) => {
  problems.allow(/status of 401/);
  await page.goto("/");
  await page.getByRole("button", { name: /your menu/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in to Allowance");
  await expectAccessible(page);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("The e-mail address or the password is wrong.");
});
