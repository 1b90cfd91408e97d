// Platforms: an admin makes a key, what is reported with it is on Cost tracking at once, down to the events and as files;
// holds are seen and given back; usage of people whom nobody knows is matched.
import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { ADMIN, Api, signIn } from "../support/organisation.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

test.describe.configure({ mode: "serial" });

const ZOE = "zoe@adventure-works.test";
const ROBERTO = "roberto@adventure-works.test";

let api: Api;
let key: string;

/** A call of a platform. */
async function call(server: Server, path: string, body: unknown): Promise<Response> {
  return fetch(`${server.url}/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
}

type Event = { id: string; email: string; cost: string; provider?: string; model?: string; tags?: string[] };

async function report(server: Server, events: Event[]): Promise<void> {
  const body = events.map(({ cost, ...event }) => ({ source: "gateway", operation: "chat", cost: { amount: cost, currency: "EUR" }, ...event }));
  const reply = await call(server, "/usage-events", body);
  expect(reply.status, await reply.clone().text()).toBe(200);
  expect((await reply.json()).refused).toBe(0);
}

const sum = (page: Page, label: string): Locator => page.locator(".strip > div").filter({ has: page.getByText(label, { exact: true }) }).locator("dd").first();
const row = (page: Page, name: string): Locator => page.getByRole("region", { name: "Costs" }).getByRole("row").filter({ has: page.getByRole("button", { name, exact: true }) });

test("an admin makes a key; its secret is shown once, with a call to try", async ({ page, server }) => {
  api = await Api.found(server);
  await api.importPeople([
    { first: "Zoe", email: ZOE },
    { first: "Roberto", email: ROBERTO },
  ]);
  await signIn(page);
  await page.getByRole("link", { name: "Integrations" }).click();
  await expect(page.getByText("No API keys yet")).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "New API key…" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New API key" });
  await dialog.getByLabel("Report usage").uncheck();
  await dialog.getByRole("button", { name: "Make the key" }).click();
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await expect(dialog.getByText("Choose at least one.")).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel("Name").fill("LLM gateway");
  await dialog.getByLabel("Report usage").check();
  await dialog.getByLabel("Place holds").check();
  await dialog.getByLabel("Ends").selectOption({ label: "In 90 days" });
  await dialog.getByRole("button", { name: "Make the key" }).click();

  const made = page.getByRole("dialog", { name: "Key for LLM gateway" });
  key = await made.getByLabel("API key", { exact: true }).inputValue();
  expect(key).toMatch(/^alw_/);
  await expect(made.getByRole("region", { name: "example" })).toContainText(`Bearer ${key}`);
  await made.getByRole("button", { name: "Copy API key" }).click();
  await expect(made.getByRole("button", { name: "Copied API key" })).toBeVisible();
  await expectAccessible(page);
  await made.getByRole("button", { name: "Done" }).click();

  const line = page.getByRole("row", { name: /LLM gateway/ });
  await expect(line).toContainText(key.slice(-4));
  await expect(line).toContainText("Active");
  await expect(line).toContainText("Place holds");
  await expectAccessible(page);
  await page.reload();
  await expect(line).toBeVisible();
  expect(await page.content()).not.toContain(key);
});

test("what a platform reports is on Cost tracking while somebody looks", async ({ page, server }) => {
  await signIn(page);
  await page.getByRole("link", { name: "Cost tracking" }).click();
  await expect(page.getByText("Nothing was used in this period")).toBeVisible();
  await expect(page.getByText("Send the first event")).toBeVisible();
  await expectAccessible(page);

  await report(server, [{ id: "1", email: ZOE, cost: "0.0187225", provider: "OpenAI", model: "gpt-5", tags: ["nightly"] }]);
  await expect(sum(page, "Cost")).toHaveText("0.0187225 EUR");
  await expect(sum(page, "Credits")).toHaveText("1.87225");

  await page.getByRole("link", { name: "Provider", exact: true }).click();
  await expect(row(page, "OpenAI")).toContainText("100");
  await report(server, [
    { id: "2", email: ROBERTO, cost: "12.5", provider: "OpenAI", model: "gpt-5-mini" },
    { id: "3", email: ROBERTO, cost: "4", provider: "Mistral", model: "codestral", tags: ["nightly", "code"] },
    { id: "4", email: ZOE, cost: "0.25" },
  ]);
  await expect(sum(page, "Cost")).toHaveText("16.7687225 EUR");
  await expect(sum(page, "Events")).toHaveText("4");
  await expect(row(page, "OpenAI").getByRole("cell").nth(1)).toHaveText("12.5187225");
  await expect(row(page, "Mistral")).toBeVisible();
  await expect(row(page, "No provider")).toBeVisible();
  // The same again adds nothing.
  await report(server, [{ id: "2", email: ROBERTO, cost: "12.5", provider: "OpenAI", model: "gpt-5-mini" }]);
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(sum(page, "Events")).toHaveText("4");
  await expectAccessible(page);
});

test("the chart is read by keys and by pointer", async ({ page }) => {
  await signIn(page);
  await page.goto("/costs?by=provider&range=7_days");
  const chart = page.getByRole("slider", { name: "Day" });
  await chart.focus();
  await page.keyboard.press("Home");
  await expect(chart).toHaveAttribute("aria-valuenow", "0");
  await expect(chart).toHaveAttribute("aria-valuetext", /: 0 EUR$/);
  await page.keyboard.press("End");
  await expect(chart).toHaveAttribute("aria-valuenow", "6");
  await expect(chart).toHaveAttribute("aria-valuetext", /16\.7687225 EUR, .*OpenAI 12\.5187225$/);
  await expect(page.locator(".chart-tip")).toContainText("Mistral");
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/range=own&since=(\d{4}-\d{2}-\d{2})&until=\1/);
  await expect(page).toHaveURL(/by=provider/);
  await expect(sum(page, "Cost")).toHaveText("16.7687225 EUR");
  await page.goBack();
  await expect(page).toHaveURL(/range=7_days/);
});

test("a row leads on to what it is made of, down to the events, and Back leads out again", async ({ page }) => {
  await signIn(page);
  await page.goto("/costs?by=provider");
  await row(page, "OpenAI").getByRole("button").click();
  const filters = page.getByRole("group", { name: "Filters in force" });
  await expect(filters.getByRole("button", { name: /^Provider: OpenAI/ })).toBeVisible();
  await expect(page.getByRole("heading", { name: "By model" })).toBeFocused();
  await expect(sum(page, "Cost")).toHaveText("12.5187225 EUR");
  await row(page, "gpt-5").getByRole("button").click();
  await expect(page.getByRole("heading", { name: "By operation" })).toBeVisible();
  await page.getByRole("link", { name: "Person", exact: true }).click();
  await row(page, "Zoe").getByRole("button").click();
  await expect(filters.getByRole("button", { name: /^Zoe/ })).toBeVisible();
  await page.getByRole("link", { name: "Events", exact: true }).click();
  const events = page.getByRole("region", { name: "Events" }).getByRole("row");
  await expect(events).toHaveCount(2);
  await expect(events.last()).toContainText("OpenAI · gpt-5 · chat");
  await expect(events.last()).toContainText("0.0187225");
  await expectAccessible(page);
  await page.reload();
  await expect(events).toHaveCount(2);
  await filters.getByRole("button", { name: /^Zoe/ }).click();
  await filters.getByRole("button", { name: /^Model: gpt-5/ }).click();
  await expect(events).toHaveCount(3);
  await filters.getByRole("button", { name: "Clear all" }).click();
  await expect(events).toHaveCount(5);
  await page.goto("/costs?by=provider&model=nothing-of-the-kind");
  await expect(page.getByText("No results – edit your filters")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(row(page, "OpenAI")).toBeVisible();
});

test("what has no tag is a filter too; a tag counts under each; credits are measured as well", async ({ page }) => {
  await signIn(page);
  await page.goto("/costs?by=tag");
  await expect(page.getByText("rows may add up to more than the total")).toBeVisible();
  await expect(row(page, "code")).toContainText("4.00");
  await page.getByRole("radio", { name: "Credits" }).check();
  await expect(page).toHaveURL(/measure=credits/);
  await row(page, "No tag").getByRole("button").click();
  await expect(page).toHaveURL(/none=tag/);
  await expect(sum(page, "Credits")).toHaveText("1,275.00");
  await page.getByRole("radio", { name: "Counted" }).check();
  await expect(page).toHaveURL(/days=counted/);
  await expect(sum(page, "Credits")).toHaveText("1,275.00");
  await expectAccessible(page);
});

test("rows and events are saved as files", async ({ page }) => {
  await signIn(page);
  await page.goto("/costs?by=provider");
  const save = async (name: string): Promise<{ name: string; bytes: Buffer }> => {
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name }).click();
    const download = await saving;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };
  const csv = await save("CSV file");
  expect(csv.name).toMatch(/^costs-provider-\d{4}-\d{2}-\d{2}-\d{4}-\d{2}-\d{2}\.csv$/);
  expect(csv.bytes.toString("utf8")).toContain("OpenAI");
  expect(csv.bytes.toString("utf8")).toContain("12.5187225");
  const excel = await save("Excel file");
  expect(excel.name).toMatch(/\.xlsx$/);
  expect(excel.bytes.subarray(0, 2).toString()).toBe("PK");
  await page.getByRole("link", { name: "Events", exact: true }).click();
  const events = await save("CSV file");
  expect(events.name).toMatch(/^costs-events-/);
  expect(events.bytes.toString("utf8").trim().split("\n")).toHaveLength(5);
});

test("a hold is seen by whom it concerns and given back by an admin", async ({ page, server, openWindow }) => {
  await api.letIn(ZOE);
  await signIn(page);
  await page.getByRole("link", { name: "Holds" }).click();
  await expect(page.getByText("Nothing is on hold")).toBeVisible();
  await expectAccessible(page);
  const placed = await call(server, "/holds", { source: "gateway", id: "run-1", email: ZOE, amount: "7.5", expires_in: 3_000, note: "Nightly run" });
  expect(placed.status).toBe(201);
  const line = page.getByRole("row", { name: /Zoe/ });
  await expect(line).toContainText("7.5");
  await expect(line).toContainText(/expires in (49|50) minutes/);
  await expect(line).toContainText("run-1");
  await expectAccessible(page);

  const zoe = await openWindow();
  await signIn(zoe, { email: ZOE, password: "correct horse battery" });
  await expect(zoe.getByRole("heading", { name: "On hold" })).toBeVisible();
  await expect(zoe.getByText("7.5 credits")).toBeVisible();
  await expect(zoe.getByText("Nightly run")).toBeVisible();
  await expectAccessible(zoe);

  await line.getByRole("button", { name: "Release… the hold of Zoe" }).click();
  const dialog = page.getByRole("dialog", { name: "Release 7.5 credits of Zoe?" });
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await line.getByRole("button", { name: "Release… the hold of Zoe" }).click();
  await dialog.getByRole("button", { name: "Release", exact: true }).click();
  await expect(page.getByText("7.5 credits are back with Zoe.")).toBeVisible();
  await expect(page.getByText("Nothing is on hold")).toBeVisible();
  await expect(zoe.getByRole("heading", { name: "On hold" })).toBeHidden();
  await page.getByLabel("State").selectOption({ label: "Released" });
  await expect(page).toHaveURL(/state=released/);
  await expect(line).toContainText("Released");
});

test("usage of somebody unknown is kept aside and matched; a rule says of which credits usage is", async ({ page, server }) => {
  await signIn(page);
  await page.goto("/integrations/usage");
  await page.getByRole("radio", { name: "Keep it aside" }).check();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Name a provider, a model or a tag.")).toBeVisible();
  await expect(page.getByLabel("Provider of rule 1")).toBeFocused();
  await page.getByLabel("Provider of rule 1").fill("OpenAI");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("How usage is counted: saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Provider of rule 1")).toHaveValue("OpenAI");

  const kept = await call(server, "/usage-events", { source: "gateway", id: "9", email: "nobody@elsewhere.test", cost: { amount: "3", currency: "EUR" } });
  expect(kept.ok, await kept.text()).toBe(true);
  await page.getByRole("link", { name: "Unmatched usage" }).click();
  const line = page.getByRole("row", { name: /nobody@elsewhere\.test/ });
  await expect(line).toContainText("3 EUR");
  await expectAccessible(page);
  await line.getByRole("button", { name: /^Match/ }).click();
  const dialog = page.getByRole("dialog", { name: "Whose usage is nobody@elsewhere.test (gateway)?" });
  await dialog.getByRole("button", { name: "Match" }).click();
  await expect(dialog.getByText("Choose a person.")).toBeVisible();
  await dialog.getByRole("combobox", { name: "Person" }).fill("rob");
  await dialog.getByRole("option", { name: /Roberto/ }).click();
  // What it does is known before it is done.
  await expect(dialog.getByRole("group", { name: "What matching does" })).toContainText("1 event counts, 300 credits.");
  await dialog.getByRole("checkbox", { name: /^Remember: nobody@elsewhere\.test/ }).check();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Match" }).click();
  await expect(page.getByText("Nothing lies aside")).toBeVisible();
  const remembered = page.getByRole("region", { name: "Remembered names" });
  await expect(remembered.getByRole("row", { name: /nobody@elsewhere\.test/ })).toContainText("Roberto");
  await expectAccessible(page);
  // From now on it counts at once; what names nobody at all still lies aside.
  const known = await call(server, "/usage-events", { source: "gateway", id: "10", email: "nobody@elsewhere.test", amount: "1" });
  expect(known.status).toBe(201);
  const unnamed = await call(server, "/usage-events", { source: "gateway", id: "11", amount: "2" });
  expect(unnamed.status).toBe(202);
  const none = page.getByRole("row", { name: /Nobody named/ });
  await expect(none).toContainText("2 credits");
  await none.getByRole("button", { name: /^Discard/ }).click();
  const away = page.getByRole("dialog", { name: "Discard the usage of Nobody named (gateway)?" });
  await away.getByLabel("Why").fill("A test of the gateway");
  await away.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByText("1 event was discarded.")).toBeVisible();
  await remembered.getByRole("button", { name: /^Remove/ }).click();
  const forget = page.getByRole("dialog", { name: "Forget nobody@elsewhere.test?" });
  await forget.getByRole("button", { name: "Forget the name" }).click();
  await expect(page.getByText("The name is forgotten.")).toBeVisible();
  await expect(remembered).toBeHidden();
  await page.goto("/costs?by=person");
  await expect(row(page, "Roberto")).toContainText("19.50");
});

test("a threshold is set, and crossing it is said where it matters", async ({ page, server }) => {
  await signIn(page);
  await page.goto("/allocations/settings");
  const section = page.locator("section").filter({ has: page.getByRole("heading", { name: "Threshold alerts" }) });
  const percentages = section.getByLabel("Percentages of use");
  await percentages.fill("half");
  await section.getByRole("button", { name: /^Save/ }).click();
  await expect(percentages).toHaveAttribute("aria-invalid", "true");
  await percentages.fill("90, 1");
  await section.getByRole("button", { name: /^Save/ }).click();
  await expect(page.getByText("Threshold alerts: saved.")).toBeVisible();
  await expect(percentages).toHaveValue("1, 90");

  await page.goto("/allocations/overview");
  await expect(page.getByRole("heading", { name: "Account credit cycle" })).toBeVisible();
  await report(server, [{ id: "20", email: ROBERTO, cost: "1" }]);
  // They are raised by a job that follows what was posted, and appear on the open page.
  await expect(page.getByText(/The organisation has reached 1\s% of use in this cycle\./)).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole("region", { name: "Threshold alerts" })).toContainText("The organisation");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Show the costs" }).click();
  await expect(page).toHaveURL(/\/costs\?.*by=group/);
  await page.getByRole("radio", { name: "Counted" }).check();
  const used = await sum(page, "Credits").innerText();
  await page.getByRole("link", { name: "overview" }).click();
  await expect(page.getByRole("region", { name: "Cycles" })).toContainText(used);
});

test("a member sees in the wallet what they used themselves, down to the events, whatever the address asks for", async ({ page }) => {
  const zoe = await api.letIn(ZOE);
  const { items } = await api.get(`/people?search=${ROBERTO}`);
  await signIn(page, { email: zoe.email, password: ADMIN.password });
  await expect(page.getByRole("heading", { level: 1, name: "My wallet" })).toBeVisible();
  await page.getByRole("navigation", { name: "My wallet" }).getByRole("link", { name: "What I used" }).click();
  await expect(page).toHaveURL(/\/wallet\/costs/);
  await expect(sum(page, "Cost")).toHaveText("0.2687225 EUR");
  await expect(sum(page, "Events")).toHaveText("2");
  for (const way of ["Group", "Person"]) {
    await expect(page.getByRole("navigation", { name: "Told apart by" }).getByRole("link", { name: way, exact: true })).toHaveCount(0);
  }
  await expectAccessible(page);

  await page.getByRole("link", { name: "Model", exact: true }).click();
  await row(page, "gpt-5").getByRole("button").click();
  await expect(sum(page, "Cost")).toHaveText("0.0187225 EUR");
  await page.goBack();
  await expect(sum(page, "Cost")).toHaveText("0.2687225 EUR");
  await page.getByRole("link", { name: "Events", exact: true }).click();
  const events = page.getByRole("region", { name: "Events" });
  await expect(events.getByRole("row")).toHaveCount(3);
  await expect(events).not.toContainText("Zoe");
  await expectAccessible(page);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV file" }).click();
  const file = await readFile(await (await saving).path(), "utf8");
  expect(file.trim().split("\n")).toHaveLength(3);

  await page.goto(`/wallet/costs?by=person&person=${items[0].id}`);
  await expect(sum(page, "Cost")).toHaveText("0.2687225 EUR");
  await expect(page.getByText("Roberto")).toHaveCount(0);
  await page.goto("/costs");
  await expect(page.getByRole("heading", { level: 1, name: "No access" })).toBeVisible();
});

test("who sees everybody's costs sees in the wallet their own alone", async ({ page }) => {
  await signIn(page);
  await page.goto("/wallet/costs");
  await expect(page.getByText("Nothing was used in this period")).toBeVisible();
  await expect(page.getByText("Send the first event")).toHaveCount(0);
});

test("a revoked key is dead at once", async ({ page, server }) => {
  await signIn(page);
  await page.goto("/integrations");
  await page.getByRole("button", { name: "Revoke… LLM gateway" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke LLM gateway?" });
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Revoke key" }).click();
  await expect(page.getByText("LLM gateway was revoked.")).toBeVisible();
  await expect(page.getByRole("row", { name: /LLM gateway/ })).toContainText("Revoked");
  const refused = await call(server, "/usage-events", { source: "gateway", id: "10", email: ZOE, amount: "1" });
  expect(refused.status).toBe(401);
});
