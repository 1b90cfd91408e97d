// The real `allowance` binary on a fresh SQLite file and a free loopback port.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type ServerOptions = {
  /** Load the demo organisation; without it the first visit is the set-up page. */
  demo?: boolean;
  /** Settings on top, as environment variables. */
  env?: Record<string, string>;
};

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

export class Server {
  readonly url: string;
  readonly databaseUrl: string;
  #options: ServerOptions;
  #folder: string;
  #port: number;
  #log = "";
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, options: ServerOptions) {
    this.#folder = folder;
    this.#port = port;
    this.#options = options;
    this.url = `http://127.0.0.1:${port}`;
    this.databaseUrl = `sqlite://${join(folder, "allowance.db")}`;
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "allowance-e2e-"));
    const server = new Server(folder, await freePort(), options);
    await server.start();
    return server;
  }

  /** Starts it (again) on the same port and data, and comes back when it is ready. */
  async start(): Promise<void> {
    const demo = this.#options.demo ? ["--demo"] : [];
    const child = spawn(binary(), ["serve", "--listen", `127.0.0.1:${this.#port}`, ...demo], {
      cwd: this.#folder,
      env: this.environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    process.once("exit", () => child.kill("SIGKILL"));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
    }
    let failure: Error | undefined;
    child.once("error", (error) => (failure = error));
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.#isReady())) {
      if (failure || child.exitCode !== null || Date.now() > deadline) {
        child.kill("SIGKILL");
        throw new Error(`The server did not start. ${failure ?? ""}\n${this.#log}`);
      }
      await sleep(50);
    }
  }

  /** Ends the process: politely, or at once as kill -9 does. The data stays. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const inTime = await Promise.race([ended.then(() => true), sleep(STOP_LIMIT_MS, false, { ref: false })]);
    if (!inTime) child.kill("SIGKILL");
    await ended;
    if (!inTime) throw new Error(`The server did not stop within ${STOP_LIMIT_MS} ms.\n${this.#log}`);
  }

  /** Ends the process and removes its data. */
  async dispose(): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  /** Everything it has logged. */
  get log(): string {
    return this.#log;
  }

  /** The one-time token that the first visit asks for. */
  get setupToken(): string {
    const token = /setup_token=["']?([^\s"']+)/.exec(this.#log)?.[1];
    if (!token) throw new Error(`No set-up token in the log:\n${this.#log}`);
    return token;
  }

  /** The environment of the server, for other commands of the binary on the same data. */
  environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ALLOWANCE_"));
    return { ...Object.fromEntries(inherited), DATABASE_URL: this.databaseUrl, ...this.#options.env };
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }
}

/** The path of the binary under test. */
export function binary(): string {
  const path = process.env.ALLOWANCE_BINARY;
  if (!path) throw new Error("ALLOWANCE_BINARY is not set: run the tests by `cargo xtask e2e`.");
  return path;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === "object") resolve(address.port);
        else reject(new Error("no free port"));
      });
    });
  });
}
