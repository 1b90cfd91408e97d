// Credit requests: asked in the wallet, answered by the reserve or by people, seen live where the figures are.
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "../support/axe.ts";
import { ADMIN, Api, type Person, signIn } from "../support/organisation.ts";
import { expect, test } from "../support/test.ts";

const PEOPLE: Person[] = ["Terri", "Roberto", "José", "Diane", "Gail"].map((first) => ({
  first,
  email: `${first.normalize("NFD").replace(/\W/g, "").toLowerCase()}@adventure-works.test`,
}));
const [TERRI, ROBERTO, JOSE, DIANE, GAIL] = PEOPLE as [Person, Person, Person, Person, Person];
const EXTRA = 4;

test.describe.configure({ mode: "serial" });

let api: Api;
let type: string;

const as = ({ email }: Person) => ({ email, password: ADMIN.password });
const detail = (page: Page): Locator => page.getByRole("region", { name: "The request" });
const listed = (page: Page, name: string): Locator => page.getByRole("region", { name: "Credit requests" }).getByRole("row", { name: new RegExp(name) });

async function openRequests(page: Page, query = ""): Promise<void> {
  await signIn(page);
  await page.goto(`/allocations/requests${query}`);
  await expect(page.getByRole("heading", { level: 1, name: "Credits & Allocations" })).toBeVisible();
}

/** Asks through the API, as an outside client would. */
async function asks(person: Person, amount: string, reason: string, term = "this_cycle"): Promise<void> {
  const theirs = await api.as(person.email);
  await theirs.post(`/credit-types/${type}/credit-requests`, { amount, reason, term });
}

test("there is nothing to decide yet, and it says so", async ({ page, server }) => {
  api = await Api.found(server);
  await api.importPeople(PEOPLE);
  for (const { email } of PEOPLE) await api.letIn(email);
  type = (await api.creditType()).id;
  const { items } = await api.get(`/credit-types/${type}/groups`);
  await api.patch(`/credit-types/${type}/groups/${items[0].id}`, { monthly: "5000", auto_approve_reserve: "200" }, items[0].etag);
  await openRequests(page);
  await expect(page.getByRole("heading", { name: "Nothing waits for you" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Show all requests" }).click();
  await expect(page.getByRole("heading", { name: "No requests yet" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search requests" }).fill("nobody");
  await expect(page.getByRole("heading", { name: "No results – edit your filters" })).toBeVisible();
  await page.getByRole("button", { name: /“nobody”/ }).click();
  await expect(page.getByRole("heading", { name: "No requests yet" })).toBeVisible();
});

test("a member asks, the reserve answers at once, and the admin's grid shows it by itself", async ({ page, openWindow }) => {
  await signIn(page);
  await page.goto("/allocations");
  await page.getByRole("button", { name: "Members of Default" }).click();
  const extra = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Roberto" }) }).locator(`[aria-colindex="${EXTRA}"]`);
  await expect(extra).toHaveText("0");
  const member = await openWindow();
  await signIn(member, as(ROBERTO));
  await member.getByRole("button", { name: /Ask for credits/ }).click();
  const dialog = member.getByRole("dialog", { name: "Ask for credits: AI usage" });
  await expect(dialog.getByLabel("How many credits")).toBeFocused();
  await dialog.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(dialog.getByLabel("How many credits")).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(member);
  await dialog.getByLabel("How many credits").fill("150");
  await dialog.getByLabel("What for").fill("Drawing review");
  await dialog.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(extra).toHaveText("150", { timeout: 2_000 });
  await expect(member.getByText("Approved at once by your group’s reserve.")).toBeVisible();
  const request = member.getByRole("dialog", { name: "My request" });
  await expect(request.getByText("Approved by the reserve")).toBeVisible();
  await expectAccessible(member);
  await request.getByRole("button", { name: "Close" }).first().click();
  await expect(member.getByText("150 credits left")).toBeVisible();
  await expectAccessible(member);
});

test("what the reserve leaves waits; the admin sees the effect and decides by keyboard alone", async ({ page }) => {
  await openRequests(page);
  await expect(page.getByRole("heading", { name: "Nothing waits for you" })).toBeVisible();
  await asks(ROBERTO, "300", "Load test of the new assistant before launch. Two runs, about 150 each.");
  await asks(JOSE, "400", "Quarter-end proposals for three accounts");
  // Live: nobody pressed Refresh.
  await expect(listed(page, "Roberto")).toBeVisible();
  await expect(listed(page, "José")).toBeVisible();
  await expect(page.getByRole("link", { name: /Credit requests 2/ })).toBeVisible();
  await expect(detail(page)).toContainText("Roberto asks for 300 credits");
  await expect(detail(page)).toContainText("150 → 450");
  await expect(detail(page)).toContainText("You decide");
  await expectAccessible(page);
  await page.keyboard.press("j");
  await expect(detail(page)).toContainText("José asks for 400 credits");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("k");
  await expect(detail(page)).toContainText("Roberto asks");
  await expect(detail(page)).toContainText("150 → 450");
  await page.keyboard.press("a");
  await expect(detail(page).getByLabel("Amount")).toBeFocused();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("250");
  await expect(detail(page)).toContainText("150 → 400");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Approved 250 credits for Roberto.")).toBeVisible();
  await expect(detail(page)).toContainText("José asks for 400 credits");
  await page.getByLabel("Status").selectOption({ label: "Approved" });
  await expect(listed(page, "Roberto")).toContainText("250");
});

test("a question is asked and answered, and the requester can take the request back", async ({ page, openWindow }) => {
  await openRequests(page);
  await expect(detail(page)).toContainText("José asks");
  await page.keyboard.press("e");
  await page.getByLabel("What do you want to know?").fill("Which three accounts?");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByText("Asked: the request of José.")).toBeVisible();
  const member = await openWindow();
  await signIn(member, as(JOSE));
  await expect(member.getByText("Waits for your answer.")).toBeVisible();
  await member.getByRole("button", { name: "400 credits" }).click();
  await expect(member.getByText("Which three accounts?")).toBeVisible();
  await member.getByLabel("Your answer").fill("שלום: Fabrikam, Contoso, Tailspin");
  await member.getByRole("button", { name: "Send answer" }).click();
  await expect(member.getByText("Your answer was sent.")).toBeVisible();
  await page.goto("/allocations/requests");
  await expect(detail(page)).toContainText("Fabrikam, Contoso, Tailspin");
  await member.getByRole("button", { name: "Take it back" }).click();
  await expect(member.getByText("You took the request back.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Nothing waits for you" })).toBeVisible();
});

test("denying needs a reason where the organisation says so, and the requester reads it", async ({ page, openWindow, problems }) => {
  problems.allow(/status of 422/);
  const organisation = await api.get("/organisation");
  await api.patch("/organisation", { denial_needs_reason: true }, organisation.etag);
  await asks(DIANE, "1000", "Just in case");
  await openRequests(page);
  await expect(detail(page)).toContainText("Diane asks");
  await page.keyboard.press("r");
  await expect(page.getByLabel("Reason")).toBeFocused();
  await page.getByRole("button", { name: "Deny", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("this organisation asks for a reason");
  await page.getByLabel("Reason").fill("Say what for, please.");
  await page.getByRole("button", { name: "Deny", exact: true }).click();
  await expect(page.getByText("Denied: the request of Diane.")).toBeVisible();
  const member = await openWindow();
  await signIn(member, as(DIANE));
  await expect(member.getByText("Ken Sánchez denied it.")).toBeVisible();
});

test("of two who decide at once the second sees what the first did", async ({ page, openWindow, problems }) => {
  problems.allow(/status of (409|412)/);
  problems.allow(/ERR_FAILED|ERR_BLOCKED/);
  const { items } = await api.get(`/people?search=${TERRI.email}`);
  await api.put(`/people/${items[0].id}/role`, { role: "admin" });
  await asks(GAIL, "1200", "Migration of the parts catalogue");
  // This window does not hear of changes.
  await page.route("**/api/v1/live", () => {});
  await openRequests(page);
  await expect(detail(page)).toContainText("Gail asks");
  const other = await openWindow();
  await signIn(other, as(TERRI));
  await other.goto("/allocations/requests");
  await expect(detail(other)).toContainText("Gail asks");
  await other.getByRole("button", { name: "Approve 1,200" }).click();
  await expect(other.getByText("Approved 1,200 credits for Gail.")).toBeVisible();
  await page.getByRole("button", { name: "Deny…" }).click();
  await page.getByLabel("Reason").fill("No.");
  await page.getByRole("button", { name: "Deny", exact: true }).click();
  await expect(detail(page)).toContainText("Terri approved 1,200 credits meanwhile. Your decision was not written.");
  await expectAccessible(page);
});

test("many are decided at once, each with its own answer", async ({ page, problems }) => {
  problems.allow(/status of 409/);
  await asks(ROBERTO, "100", "More drawings");
  await asks(DIANE, "90000", "All of it", "for_good");
  await openRequests(page);
  await listed(page, "Roberto").getByRole("checkbox").check();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(page.getByText("2 requests selected")).toBeVisible();
  await page.getByRole("button", { name: "Approve…" }).click();
  const dialog = page.getByRole("dialog", { name: "Approve 2 requests?" });
  await expect(dialog).toContainText("90,100 credits in all");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Approve all" }).click();
  await expect(dialog).toContainText("Ken Sánchez approved 100 credits");
  await expect(dialog).toContainText("too much");
  await dialog.getByRole("button", { name: "Close" }).first().click();
  await expect(listed(page, "Roberto")).toHaveCount(0);
  await expect(listed(page, "Diane")).toBeVisible();
});

test("one nobody can fund says by how much before it is approved, and an admin adds it from Unallocated", async ({ page, problems }) => {
  problems.allow(/status of 409/);
  await openRequests(page);
  await expect(detail(page)).toContainText("Diane asks for 90,000 credits in every cycle");
  await expect(detail(page)).toContainText("too much");
  await page.getByLabel("Add what the group lacks from Unallocated").check();
  await expect(detail(page)).toContainText("Unallocated");
  await expect(detail(page)).toContainText("Diane’s Monthly");
  await expectAccessible(page);
});

test("on a narrow screen list and request take turns", async ({ page, problems }) => {
  problems.allow(/status of 409/);
  await page.setViewportSize({ width: 375, height: 740 });
  await openRequests(page, "?status=all");
  await listed(page, "Gail").getByRole("button").click();
  await expect(detail(page)).toContainText("Terri approved 1,200 credits");
  await expect(listed(page, "Gail")).toBeHidden();
  await page.getByRole("button", { name: "Back to the list" }).click();
  await expect(listed(page, "Gail")).toBeVisible();
  await expect(detail(page)).toBeHidden();
});

test("a manager decides what their reports ask for, and nobody decides for themselves", async ({ openWindow, problems }) => {
  problems.allow(/status of 403/);
  const people = await Promise.all([DIANE, GAIL].map(async ({ email }) => (await api.get(`/people?search=${email}`)).items[0]));
  const [diane, gail] = people as [Record<string, any>, Record<string, any>];
  await api.patch(`/people/${gail.id}`, { manager_id: diane.id }, gail.etag);
  const organisation = await api.get("/organisation");
  await api.patch("/organisation", { managers_decide_requests: true }, organisation.etag);
  await asks(GAIL, "60", "Two more reviews");
  const manager = await openWindow();
  await signIn(manager, as(DIANE));
  await manager.getByRole("link", { name: /Credit requests/ }).click();
  await expect(detail(manager)).toContainText("Gail asks for 60 credits");
  await expect(manager.getByRole("navigation", { name: "Credits & Allocations" }).getByRole("link")).toHaveText([/Requests/]);
  await expectAccessible(manager);
  await manager.getByRole("button", { name: "Approve 60" }).click();
  await expect(manager.getByText("Approved 60 credits for Gail.")).toBeVisible();
  await manager.goto("/allocations");
  await expect(manager.getByRole("heading", { name: "You do not have access to this" })).toBeVisible();
});

test("one tab of a browser reads the stream for all, and another goes on when it is closed", async ({ page, context, problems }) => {
  problems.allow(/status of 409/);
  await signIn(page);
  // The page left behind may still be about to open a stream: here no page is left that could.
  await page.goto("about:blank");
  const streams: string[] = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/api/v1/live")) streams.push(request.headers()["last-event-id"] ?? "");
  });
  await page.goto("/allocations/requests");
  await expect.poll(() => streams.length).toBe(1);
  const second = await context.newPage();
  await second.goto("/allocations/requests");
  await expect(listed(second, "Diane")).toBeVisible();
  await asks(GAIL, "3001", "First");
  await expect(listed(page, "Gail")).toBeVisible();
  await expect(listed(second, "Gail")).toBeVisible();
  expect(streams).toHaveLength(1);
  await page.close();
  await asks(JOSE, "3002", "Second");
  await expect(listed(second, "José")).toBeVisible();
  // It went on behind the last event that the first tab had passed on.
  expect(streams).toHaveLength(2);
  expect(streams[1]).toMatch(/^\d+$/);
});
