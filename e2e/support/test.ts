// The `test` of every spec: a server per spec file, and pages that may not misbehave.
import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";
import { Server, type ServerOptions } from "./server.ts";
import { Problems, watch } from "./watch.ts";

type Fixtures = {
  /** `test.use({ serverOptions: { demo: true } })` at the top of a spec. */
  serverOptions: ServerOptions;
  /** The spec's server. Its tests share its data, in the order in which they are written. */
  server: Server;
  /** What the pages of this test did wrong; `problems.allow(/status of 409/)` for what the test provokes. */
  problems: Problems;
  /** A page of somebody else: own cookies, own storage. */
  openWindow: () => Promise<Page>;
};

type WorkerFixtures = { servers: Servers };

/** Keeps one server, for the spec file that runs. */
class Servers {
  #file: string | undefined;
  #server: Server | undefined;

  async of(file: string, options: ServerOptions): Promise<Server> {
    if (this.#server && this.#file === file) return this.#server;
    await this.dispose();
    this.#file = file;
    this.#server = await Server.start(options);
    return this.#server;
  }

  async dispose(): Promise<void> {
    await this.#server?.dispose();
    this.#server = undefined;
  }
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  servers: [
    async ({}, use) => {
      const servers = new Servers();
      await use(servers);
      await servers.dispose();
    },
    { scope: "worker" },
  ],
  serverOptions: [{}, { option: true }],
  server: async ({ servers, serverOptions }, use, info) => {
    await use(await servers.of(info.file, serverOptions));
  },
  baseURL: async ({ server }, use) => use(server.url),
  problems: [
    async ({ server }, use) => {
      const problems = new Problems();
      const start = server.log.length;
      await use(problems);
      if (/panicked at/.test(server.log.slice(start))) problems.add(`the server panicked:\n${server.log.slice(start)}`);
      expect(problems.all, "what the pages or the server did wrong").toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, problems }, use) => {
    await watch(context, problems);
    await use(context);
  },
  openWindow: async ({ browser, baseURL, contextOptions, locale, timezoneId, viewport, problems }, use) => {
    const opened: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, baseURL, locale, timezoneId, viewport });
      opened.push(context);
      await watch(context, problems);
      return context.newPage();
    });
    for (const context of opened) await context.close();
  },
});

export { expect };
