// Other currencies: an admin records what a dollar is worth, a gateway that reports dollars is then understood, and Cost
// tracking shows both.
import { expectAccessible } from "../support/axe.ts";
import { Api, signIn } from "../support/organisation.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

test.describe.configure({ mode: "serial" });

const ZOE = "zoe@adventure-works.test";

let key: string;

/** A call log of a gateway, which names costs in dollars. */
async function log(server: Server, id: string): Promise<{ problem?: { code: string }; event?: { amount: string } }> {
  const reply = await fetch(`${server.url}/api/v1/usage-events/litellm`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify([{ id, model: "gpt-4o", response_cost: 0.02, end_user: ZOE }]),
  });
  expect(reply.status).toBe(200);
  return (await reply.json()).results[0];
}

test("a rate is recorded, corrected by a further one, and never changed", async ({ page, server }) => {
  const api = await Api.found(server);
  await api.importPeople([{ first: "Zoe", email: ZOE }]);
  key = (await api.post("/api-keys", { name: "Gateway", scopes: ["usage:write"] })).secret;
  expect((await log(server, "1")).problem?.code).toBe("currency_mismatch");

  await signIn(page);
  await page.getByRole("link", { name: "Integrations" }).click();
  await page.getByRole("link", { name: "Usage", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Currencies" })).toBeVisible();
  await expect(page.getByText("No other currency has a rate")).toBeVisible();

  const record = page.getByRole("button", { name: "Record the rate" });
  await page.getByLabel("Currency", { exact: true }).fill("eur");
  await page.getByLabel("One unit is worth, in EUR").fill("0");
  await record.click();
  await expect(page.getByText("EUR is the organisation’s own currency.")).toBeVisible();
  await expect(page.getByText("A number above 0 with at most 9 decimals, like 0.92.")).toBeVisible();
  await expectAccessible(page);

  for (const rate of ["0.95", "0.92"]) {
    await page.getByLabel("Currency", { exact: true }).fill("usd");
    await page.getByLabel("One unit is worth, in EUR").fill(rate);
    await record.click();
    await expect(page.getByRole("region", { name: "Rates in force" })).toContainText(`${rate} EUR`);
  }
  const history = page.getByRole("region", { name: "History of rates" }).getByRole("row");
  await expect(history).toHaveCount(3);
  await expect(history.nth(1)).toContainText("In force");
  await expect(history.nth(2)).toContainText("Past");
  await expectAccessible(page);

  await page.getByLabel("In force from").selectOption({ label: "On a day…" });
  await page.getByLabel("Currency", { exact: true }).fill("GBP");
  await page.getByLabel("One unit is worth, in EUR").fill("1.15");
  await record.click();
  await expect(page.getByText("Choose a day.")).toBeVisible();
});

test("what a gateway reports in dollars is counted and shown in both currencies", async ({ page, server }) => {
  expect((await log(server, "1")).event?.amount).toBe("1.84");
  await signIn(page);
  await page.getByRole("link", { name: "Cost tracking" }).click();
  await expect(page.locator(".strip")).toContainText("0.0184 EUR");
  await page.getByRole("link", { name: "Events", exact: true }).click();
  const event = page.getByRole("region", { name: "Events" }).getByRole("row").last();
  await expect(event).toContainText("gpt-4o");
  await expect(event).toContainText("0.0184");
  await expect(event).toContainText("0.02 USD");
  await expectAccessible(page);
});
