// An organisation to work with, made through the API the way an outside client would.
import { expect, type Page } from "@playwright/test";
import type { Server } from "./server.ts";

export const ADMIN = { name: "Ken Sánchez", email: "ken@adventure-works.test", password: "correct horse battery" };

export type Person = { first: string; email: string };

type Json = Record<string, any>;

/** The API as one signed-in person uses it. */
export class Api {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Goes through set-up with the token from the log and signs in. */
  static async found(server: Server, options: { limit?: string } = {}): Promise<Api> {
    const body = {
      token: server.setupToken,
      organisation_name: "Adventure Works",
      time_zone: "Europe/Berlin",
      currency: "EUR",
      admin_email: ADMIN.email,
      admin_name: ADMIN.name,
      admin_password: ADMIN.password,
      credit_type_name: "AI usage",
      cadence: "calendar_month",
      limit: options.limit ?? "100000",
      credit_factor: "100",
    };
    const reply = await send(server.url, "POST", "/setup", body);
    return new Api(server.url, reply.access_token);
  }

  /** The same API as somebody who was let in. */
  async as(email: string): Promise<Api> {
    const { access_token } = await send(this.#url, "POST", "/session", { email, password: ADMIN.password });
    return new Api(this.#url, access_token);
  }

  get(path: string): Promise<Json> {
    return send(this.#url, "GET", path, undefined, this.#headers());
  }

  post(path: string, body: Json, etag?: string): Promise<Json> {
    return send(this.#url, "POST", path, body, { ...this.#headers(), ...(etag && { "if-match": etag }) });
  }

  put(path: string, body: Json): Promise<Json> {
    return send(this.#url, "PUT", path, body, this.#headers());
  }

  patch(path: string, body: Json, etag: string): Promise<Json> {
    return send(this.#url, "PATCH", path, body, { ...this.#headers(), "if-match": etag });
  }

  /** Imports people, each with a first name as the display name. */
  async importPeople(people: Person[]): Promise<void> {
    const lines = people.map(({ first, email }) => `${email},${first}`);
    const reply = await send(this.#url, "POST", "/imports/people?dry_run=false", ["email,display_name", ...lines].join("\n"), {
      ...this.#headers(),
      "content-type": "text/csv",
    });
    expect(reply.added, JSON.stringify(reply)).toBe(people.length);
  }

  /** Lets a person in: an invitation, accepted with the admin's password. */
  async letIn(email: string): Promise<Json> {
    const { items } = await this.get(`/people?search=${encodeURIComponent(email)}`);
    const { path } = await this.post(`/people/${items[0].id}/invitation`, {});
    const [, token] = path.split("#");
    await send(this.#url, "POST", "/invitations/accept", { token, password: ADMIN.password });
    return items[0];
  }

  /** The only credit type. */
  async creditType(): Promise<Json> {
    return (await this.get("/credit-types")).items[0];
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}`, "idempotency-key": crypto.randomUUID() };
  }
}

/** Signs somebody in, the admin unless told otherwise, and waits for their home. */
export async function signIn(page: Page, { email, password }: { email: string; password: string } = ADMIN): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

async function send(url: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Json> {
  const isText = typeof body === "string";
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...(body === undefined || isText ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : {};
}
