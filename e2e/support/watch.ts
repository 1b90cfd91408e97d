// What no page may do, whichever test is open: complain in the console, throw, break the content security policy, or
// make the server panic or answer 5xx.
import type { BrowserContext } from "@playwright/test";

export class Problems {
  #found: string[] = [];
  #allowed: RegExp[] = [];

  /** A test that provokes a refusal says so: the browser writes each 4xx into the console, like "status of 409". */
  allow(pattern: RegExp): void {
    this.#allowed.push(pattern);
  }

  add(problem: string): void {
    this.#found.push(problem);
  }

  get all(): string[] {
    return this.#found.filter((problem) => !this.#allowed.some((pattern) => pattern.test(problem)));
  }
}

export async function watch(context: BrowserContext, problems: Problems): Promise<void> {
  // A script of the test, so the policy of the page does not apply to it. It runs before the page's own.
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`CSP ${event.effectiveDirective} refused ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
    });
  });
  context.on("console", (message) => {
    if (message.type() !== "error") return;
    const { url, lineNumber } = message.location();
    problems.add(`console error: ${message.text()} (${url}:${lineNumber})`);
  });
  context.on("weberror", (error) => problems.add(`page error: ${error.error().stack ?? error.error().message}`));
  context.on("response", (response) => {
    if (response.status() >= 500) problems.add(`${response.status()} from ${response.request().method()} ${response.url()}`);
  });
}
