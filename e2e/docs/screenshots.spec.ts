// Walks through the demo organisation and keeps what it sees as the pictures of the documents.
import type { BrowserContext, Page } from "@playwright/test";
import { signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

test.use({ serverOptions: { demo: true } });
test.describe.configure({ mode: "serial" });

let cookies: Awaited<ReturnType<BrowserContext["cookies"]>> = [];

test.beforeEach(async ({ context, page, server }) => {
  if (cookies.length > 0) {
    await context.addCookies(cookies);
    await context.addInitScript(() => {
      if (location.protocol === "http:") localStorage.setItem("allowance-signed-in", "1");
    });
    return;
  }
  const [, email, password] = /sign in as (\S+) with the password (\S+)/.exec(server.log) ?? [];
  if (!email || !password) throw new Error("the demo did not say how to sign in");
  await signIn(page, { email, password });
});

test.afterEach(async ({ context }) => {
  cookies = await context.cookies();
});

/** A page at rest: named, loaded, nothing pointed at. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator(".skeleton, [aria-busy=true]")).toHaveCount(0);
  await page.mouse.move(0, 0);
}

const shoot = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: `../docs/screenshots/${name}.png`, animations: "disabled" });

for (const [name, path] of [
  ["overview", "/allocations/overview"],
  ["requests", "/allocations/requests"],
  ["settings", "/allocations/settings"],
  ["costs", "/costs?by=model"],
  ["holds", "/holds"],
  ["people", "/people"],
  ["integrations", "/integrations"],
  ["ledger", "/ledger"],
  ["books", "/books"],
  ["wallet", "/wallet"],
] as const) {
  test(name, async ({ page }) => {
    await open(page, path);
    await shoot(page, name);
  });
}

const cell = (page: Page, name: string, column: number) =>
  page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) }).first().locator(`[aria-colindex="${column}"]`);

async function openEngineering(page: Page): Promise<void> {
  await open(page, "/allocations");
  await page.getByRole("button", { name: "Members of Engineering" }).click();
  await expect(page.getByRole("rowheader", { name: /Chidera/ }).first()).toBeVisible();
}

test("editing", async ({ page }) => {
  await openEngineering(page);
  await cell(page, "Dunja", 3).dblclick();
  await page.keyboard.type("1400");
  await shoot(page, "editing");
  await page.keyboard.press("Escape");
});

test("consequences", async ({ page }) => {
  await open(page, "/allocations/settings");
  await page.getByLabel("Credits per cycle").fill("30000");
  await page.locator("section").filter({ has: page.getByRole("heading", { name: "Account credit limit" }) }).getByRole("button", { name: /^Save/ }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Apply change" })).toBeVisible();
  await shoot(page, "consequences");
});

test("dark", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page, "/costs?by=group");
  await shoot(page, "dark");
});

test("narrow", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 800 });
  await open(page, "/allocations/overview");
  await shoot(page, "narrow");
});
